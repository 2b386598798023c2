/*
 * sizes: every size that a stranger controls, once. docs/spec states each; a change here is a change of the format.
 */
#ifndef SIZES_H
#define SIZES_H

#define PARTY_NAME_MAX 64        /* bytes of a party's name */
#define DESK_NAME_MAX 32         /* bytes after the slash */
#define DESK_MAX (PARTY_NAME_MAX + 1 + DESK_NAME_MAX)
#define ORIGIN_MAX (PARTY_NAME_MAX + 1 + 16)
#define PLACE_MAX (PARTY_NAME_MAX + 1 + 20) /* "a.example/42" */
#define FORM_NAME_MAX 64
#define LANG_MAX 35              /* BCP 47, RFC 5646 section 4.4.1 */

#define ADDRESS_MAX 512          /* of a card */
#define SEVERITY_MAX 32          /* name of a severity scale */
#define AGREEMENT_TITLE_MAX 200
#define MECHANISM_NAME_MAX 32
#define AGREEMENT_PARTIES_MAX 32
#define AGREEMENT_DESKS_MAX 72
#define AGREEMENT_WITNESSES_MAX 8
#define WITNESS_NAME_MAX 56      /* bytes of a witness's name: with "/witness" it is as long as a party's */
#define AGREEMENT_MECHANISMS_MAX 64
#define ENTRY_RECIPIENTS_MAX 32
#define ENTRY_SEEN_MAX 64        /* logs and branches */
#define ENTRY_ATTACHMENTS_MAX 32
#define ENTRY_OPEN_FIELDS_MAX 96
#define ENTRY_SEALED_FIELDS_MAX 64
#define ENTRY_MAX 65535          /* the whole note, tlog-tiles "Log entries" */
#define ENTRY_OPEN_MAX 16384     /* bytes of open lines */
#define ENTRY_SEALED_MAX 32768   /* bytes of sealed text */
#define ENTRIES_PER_SECOND_MAX 65536 /* entries of one log with one `at` */
#define CARDS_MAX 60             /* cards that entries of one log bring */
#define TEXTS_MAX 60             /* signatures for amendments that entries of one log bring */

#define NOTE_MAX 131072          /* bytes of any signed note */
#define NOTE_SIGNATURES_MAX 64
#define CHECKPOINT_MAX 32768
#define CARD_MAX 65536
#define AGREEMENT_MAX 65536
#define MECHANISM_MAX 262144
#define OPENED_MAX 524288        /* an opened entry, its note and its receipt included */
#define PUBLISHED_MAX (4u << 20)  /* a file of published entries */
#define PUBLISHED_ENTRIES_MAX 64  /* in it */
#define PUBLISHED_PARTS_MAX 512   /* these, and what brings cards and texts */
#define COURIER_HEAD_MAX 512     /* bytes of a courier file up to its first block, and of the head of a part */
#define COURIER_LINE_MAX 128     /* bytes of the line before a block */
#define COURIER_BUNDLE_MAX (PACKAGE_ENTRIES * (2 + ENTRY_MAX))
#define COURIER_PARTS_MAX 64
#define FORK_MAX 262144          /* a fork's evidence: cards, two checkpoints, a proof */
#define FORK_CARDS_MAX 2         /* of one party: whose keys signed one checkpoint each */
#define PROOF_HASHES_MAX 63      /* tlog-witness, tlog-mirror */

#define PACKAGE_ENTRIES 256      /* tlog-mirror */
#define REQUEST_PACKAGES_MAX 32
#define UPLOAD_EXCESS_MAX (2 * PACKAGE_ENTRIES) /* entries sent again that a mirror already holds */
#define REQUEST_MAX (20u << 20)
#define ATTACHMENT_MAX_DEFAULT (64u << 20)
#define DOCUMENT_MAX (16u << 20)   /* bytes of a document that is looked into */
#define DOCUMENT_DEPTH_MAX 64      /* arrays and objects in each other */
#define DOCUMENT_VALUES_MAX 262144 /* each costs some 300 bytes at most while it is looked into */
#define DOCUMENT_TEXT_MAX 256      /* bytes shown of a text of it */
#define DOCUMENT_PRODUCTS_MAX 64   /* shown; all are counted */
#define LOG_MAX_DEFAULT (UINT64_C(16) << 30) /* bytes of the entries of a party's log */
#define OPENINGS_MAX_DEFAULT 10000 /* matters that a party opens in a day: one every nine seconds */

/* The link: what one node does for its peers, no part of the format but for REQUEST_MAX. */
#define LINK_PATH_MAX 512              /* bytes of a request's path, prefix and all */
#define LINK_HEADERS_MAX 16384         /* bytes of request line and headers */
#define LINK_TYPE_MAX 128              /* bytes of a content type */
#define LINK_CONNECTIONS_MAX 1024
#define LINK_CONNECTIONS_PER_PEER 16
#define LINK_HANDSHAKES_MAX 64         /* connections of strangers at one moment */
#define LINK_STRANGER_BODY_MAX 65536   /* bytes of a request's body, where strangers are let in */
#define LINK_REQUESTS_PER_PEER 8       /* at one moment */
#define LINK_HELD_PER_PEER (2 * REQUEST_MAX) /* bytes of bodies in memory */
#define LINK_HELD_MAX (8 * REQUEST_MAX)
#define LINK_STRANGERS_COST_MAX (16u << 20) /* memory that all strangers cost, however many they are */
#define LINK_PEER_COST_MAX (3 * LINK_HELD_PER_PEER) /* memory that a peer costs: bodies, and copies for the keeper */
#define LINK_FILE_COST_MAX (1u << 20)  /* memory for a file on its way, however large it is */
#define LINK_HANDSHAKE_MS 10000        /* connecting included */
#define LINK_REQUEST_MS 60000          /* first byte to last, and a second more for every LINK_RATE_MIN bytes */
#define LINK_RATE_MIN 65536            /* bytes a second */
#define LINK_IDLE_MS 120000            /* between two requests of a connection */
#define LINK_SLOW_MS 1500              /* for an address to connect, before the next is tried beside it */
#define LINK_STALL_MS 5000             /* without a byte either way, before the next address is tried beside it */
#define LINK_AGAIN_MS 60000            /* until an address that did not serve is tried first again */

#endif

/*
 * documents: the document that an entry carries as its first attachment, where its form has open fields `document` (a
 * code) and `digest`: docs/spec/document.md, section Entries. It is looked at before it is sent, and again when it is
 * shown. The bytes of others are read in this process, which is in its sandbox; memory is bounded by base/sizes.h.
 */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include "document_view.h"
#include "entry_view.h"
#include "form.h"

/*
 * Before anything is sealed: `file` is the descriptor of the first attachment, a plain file, -1 where nothing is
 * attached. RULE_OK where the draft speaks of no document; else RULE_DOCUMENT_*, RULE_ATTACHMENT_FILE.
 */
enum rule documents_check(const struct form *form, const struct entry *draft, int file, struct fault *fault);

/*
 * Of an entry of that form, NULL where it is not known, that is shown. *document becomes what is known, to be freed
 * with view_document_free(), or NULL where the entry speaks of none, or is not opened. What is wrong with the document
 * is in it; only RULE_MEMORY is returned.
 */
enum rule documents_read(struct view_document **document, const struct form *form, const struct view_entry *view,
	int folder);

#endif

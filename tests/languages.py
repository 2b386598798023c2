"""What the program says to people, and what each language file makes of it.

usage: languages.py SOURCE [--list]

Finds every English text: those that the sources mark (base/words.h), the sentences of base/rules.def, the labels of the
shipped mechanisms. --list prints them, a line each. Without it, TAP: each of the languages that are promised has each
text, in a translation that is not the English one, and no text that nobody says.
"""
import glob
import os
import re
import sys

LANGUAGES = ["ar", "es", "fr", "ru", "zh"]
STRING = r'"((?:[^"\\\n]|\\.)*)"'
STRINGS = STRING + r"(?:\s*" + STRING + ")*"
# Texts that are the same in a language, as they are names or the language has the very word: "TAG TEXT", a line each.
SAME = "lang/same"


def joined(literals):
    text = "".join(re.findall(STRING, literals))
    return text.replace('\\"', '"').replace("\\\\", "\\")


def marked(source):
    for path in sorted(glob.glob(source + "/src/*/*.[ch]")):
        if path.endswith("/base/words.h"):
            continue
        text = open(path, encoding="utf-8").read()
        for found in re.finditer(r"\b(?:W|T)\(\s*(" + STRINGS + r")\s*\)", text):
            yield joined(found.group(1)), path
        for found in re.finditer(r"\b(?:WORDS|SAY|TELL|FAULT|STATE|REFUSE|CALL_WRONG_USE)\([^;]*?(" + STRINGS + ")", text):
            yield joined(found.group(1)), path


def sentences(source):
    path = source + "/src/base/rules.def"
    text = re.sub(r"/\*.*?\*/", "", open(path, encoding="utf-8").read(), flags=re.S)
    for found in re.finditer(r"^RULE\(\w+,\s*" + STRING + r",\s*" + STRING + r",\s*(" + STRINGS + r")\)", text, re.M):
        yield joined(found.group(3)), path


def labels(source):
    """Label, path, and the languages that the mechanism's file has it in."""
    for path in sorted(glob.glob(source + "/mechanisms/*.mechanism")):
        of = {}
        for line in open(path, encoding="utf-8").read().split("\n") + ["end"]:
            if line.startswith("label "):
                _, lang, text = line.split(" ", 2)
                of[lang] = text
            elif line and not line.startswith("#"):
                if "en" in of:
                    yield of["en"], path, set(of)
                of = {}


def wanted(source):
    """Each text once, in the order of its places, with the languages that it is still needed in."""
    texts = {}
    for text, _ in list(marked(source)) + list(sentences(source)):
        texts[text] = set(LANGUAGES)
    for text, _, has in labels(source):
        texts.setdefault(text, set()).update(set(LANGUAGES) - has)
    return {text: needed for text, needed in texts.items() if needed and re.search("[A-Za-z]", blanked(text))}


def blanked(text):
    return re.sub(r"\{[1-6]\}", "", text)


def language(source, lang):
    pairs, english = {}, None
    with open(f"{source}/lang/{lang}.lang", encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("en "):
                english = line[3:]
            elif line.startswith(lang + " ") and english is not None:
                pairs[english] = line[len(lang) + 1:]
                english = None
    return pairs


def main():
    source = sys.argv[1]
    texts = wanted(source)
    if "--list" in sys.argv:
        print("\n".join(texts))
        return
    same = set()
    if os.path.exists(f"{source}/{SAME}"):
        same = set(open(f"{source}/{SAME}", encoding="utf-8").read().split("\n"))
    said = {text for text in texts} | {text for text, _ in marked(source)}
    count = 0
    for lang in LANGUAGES:
        pairs = language(source, lang) if os.path.exists(f"{source}/lang/{lang}.lang") else {}
        missing = [text for text, needed in texts.items() if lang in needed and text not in pairs]
        english = [text for text, to in pairs.items() if to == text and f"{lang} {text}" not in same and
                   re.search("[A-Za-z]", blanked(text))]
        unsaid = [text for text in pairs if text not in said]
        for name, wrong in (("has every text", missing), ("has no text in English", english),
                            ("has no text that nobody says", unsaid)):
            count += 1
            print(f"{'not ok' if wrong else 'ok'} {count} - {lang} {name}" + (f": {len(wrong)}, as {wrong[0]}" if wrong else ""))
    print(f"1..{count}")


main()

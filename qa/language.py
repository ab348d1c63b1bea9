"""Which language a text is in, as far as a reader of the answer must know: by its script, else by its function words.

Made for short questions, where being silent is better than being wrong: a question is called foreign only on words
that no English text needs. `tests/test_language.py` holds what it must and must not notice.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable
from functools import lru_cache

import numpy as np

from index import Index
from index.sparse import STOP_WORDS, words_of
from index.words import is_english

NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "gd": "Scottish Gaelic",
    "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "it": "Italian", "ja": "Japanese", "ko": "Korean",
    "lt": "Lithuanian", "mr": "Marathi", "nb": "Norwegian", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "so": "Somali", "sr": "Serbian", "sv": "Swedish",
    "ta": "Tamil", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip
"""Languages by the code that a catalogue gives them."""

OTHER = "another language"

_SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "GREEK": "el", "HEBREW": "he", "BENGALI": "bn", "GUJARATI": "gu",
    "GURMUKHI": "pa", "TAMIL": "ta", "THAI": "th",
}  # fmt: skip
"""Scripts that one language is nearly always meant by; the others are named as scripts."""

_WRITTEN_IN = {
    "ar": "Arabic letters", "fa": "Arabic letters", "ur": "Arabic letters", "bg": "Cyrillic letters", "ru": "Cyrillic letters",
    "sr": "Cyrillic letters", "uk": "Cyrillic letters", "hi": "Devanagari letters", "mr": "Devanagari letters", "ne": "Devanagari letters",
}  # fmt: skip

_WORDS = {
    "cs": "a aby ale byl byla bylo byly co do jak jaká jaké jaký jako je jeho jejich jsou kde kdo kdy kolik které který která mezi na nebo o "
    "od po pod pro proč při se si s své ta tak to tom u v ve z za ze že",
    "cy": "a ac am ar at beth ble ddim dros ei eu faint fel ganddo gan gyda hyn i mae mewn na nid o oedd oes pa pam pan pryd pwy roedd sut sy sydd "
    "wedi wrth y ydy yn yng yr yw yw' i' o'",
    "da": "af at blev da de den der deres det efter eller en er et for fra gjorde har havde hvad hvem hvilke hvilken hvilket hvor hvordan hvorfor "
    "hvornår i ikke kan man med og om på sagde som til var ved vil være",
    "de": "aber als am auch auf aus bei beim bin bis da das dass dem den der des die durch ein eine einem einen einer es fand für gab gibt haben "
    "hat hatte ihr ihre im in ist kann kein keine mit nach nicht oder ob sagte sagten sein seine sich sie sind um und unter über vom von vor wann war "
    "waren warum was welche welchem welchen welcher welches wem wer werden wie wieso wird wo wohin woher wurde wurden wieviel zu zum zur zwischen",
    "es": "al como con cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo de del desde dijo dónde el ella en entre era es esta este está están fue "
    "fueron ha han hay la las les lo los más no o para pero por porque qué que quién quiénes se según ser si sobre son su sus también tiene un una y",
    "fi": "että ei hän he ja joka jos kanssa kuka kuinka kun ketkä milloin mikä miksi missä miten mitkä mitä mutta oli olivat on ovat paljonko se "
    "sekä tai tämä vai",
    "fr": "a à ai ait au aux avec c' ce ces cette combien comment d' dans de des dit du elle elles en entre est et été être eu il ils je l' la "
    "le les leur leurs lors mais ne on ont ou où par pas pour pourquoi qu' quand que quel quelle quelles quels qui quoi sa se "
    "selon ses son sont sur un une vous étaient était y",
    "hu": "a az azt be csak de egy el ez hány hogy hogyan hol is ki kik kit meg mennyi mert mi mikor milyen mint mit miért nem s szerint volt voltak "
    "vagy és",
    "it": "al alla alle anche che chi ci come con cosa cos' da dal dalla de dei del dell' della delle detto di dove e è era erano gli ha hanno i il l' "
    "in la le lo nel nella non per perché più qual quale quali quando quante quanti quanto quanta si sono stata state stati stato su sua sue sui sul "
    "sulla tra un una",
    "nl": "aan al als bij dan dat de deden deed der die dit door een en er gaf had hebben heeft het hoe hoeveel hun in is kan maar met mijn na naar "
    "niet of om onder ook op over te tegen tot uit van volgens voor waar waarom waren wanneer was wat welke wie wordt werd werden zei zeiden zij zijn gaat gaan hun",
    "pl": "a albo ale był była było były co czego czy dla dlaczego do gdzie go i ile ich ile jak jaka jakie jaki jego jej jest już kiedy kogo kto która które "
    "który którzy ma mają na nie o od po pod przez przy się są ta tak te to tym w we z za ze że",
    "pt": "a ao aos as com como da das de disse do dos e ela ele em entre era essa este está eram foi foram há mais mas na não nas no nos o "
    "onde os ou para pela pelas pelo pelos por porque qual quais quando quanta quantas quanto quantos que quem se segundo ser sobre são sua suas "
    "também tem um uma à é",
    "ro": "a al ale au ca ce cea cei cel cine cum cu când câte câți cât cât dar de despre din după este există fi fost în între la lor mai ne nu o pe pentru "
    "prin sau se spus sunt și un unde unei unui care ale căror",
    "sv": "att av blev de den deras det eller en efter ett finns från för gjorde har hade hur i inte kan man med men mellan många när och om på sa "
    "sade som till var varför vad vem vems vid vilka vilken vilket är",
    "so": "ayaa ayay aan iyo goorma halkee immisa intee kuma maxaa maxay muxuu oo sababta sidee waa waxa waxaa waxay xaggee yaa",
    "tr": "ama bir bu çok da daha de dedi ile için içinde kaç kadar kim kime kimin kimler mi mı mu mü var nasıl ne neden nerede neler nelerdir nedir niçin olan "
    "olarak oldu olduğu sonra ve veya yer zaman değil hangi hangisi",
}
"""Words that hardly a sentence of the language does without, and its asking words. English has its stop words."""

_ASKING = frozenset(
    "combien cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo câte câți cât cine dlaczego dónde gdzie goorma hoeveel hány hvad hvem hvilke "
    "hvilken hvilket hvordan hvorfor hvornår immisa când jaka jakie jaká jaké kaç kdo kdy kiedy kolik kto kuinka když maxaa maxay mennyi mikor miksi "
    "milloin milyen miért missä mitkä muxuu nasıl neden nelerdir nerede niçin när onde où perché pourquoi proč pryd pwy quais quale quali quand "
    "quando quante quanti quantos quel quelle quelles quels quem qui quién quiénes qué sidee vad varför vem vilka vilken vilket waarom wanneer wann "
    "warum welche welchen welcher welches welke wieso wieviel wohin woher yaa".split()
)
"""Asking words that are no English words: a short question may have nothing else to be known by."""

_ALSO_ENGLISH = frozenset(
    "am at bald car come comment con cosa da dare de del den der des die do dove du e el en et fast fond for fra hat hoe i in kim la las le les los "
    "mais man me men mes mi mit non o og on op or par pas per plus pour sa se si so son sous sur tan tot tout un uns va van var ve via vil von was war "
    "we y zu zum zur".split()
)
"""Words that English has too, and those that names are made with in any language."""

SURE = 1.75
"""A language is told from this weight of its own words on: asking words 2, those that English has too 1/2, all others 1."""

LEAST = 0.75
"""Without this weight, words that English does not have are taken for mistyped ones or names."""

NAMED = 1.0
"""Without this weight, or with the same for another, a foreign language is not named."""

SAMPLE = 3_000
"""Characters of a document that are looked at when its catalogue entry names no language."""

MAX_SAMPLED = 50

_QUOTED = re.compile(r"[“\"«„][^“”\"«»„]{2,200}[”\"»“]")


def language_of(text: str, known: Container[str] = ()) -> str:
    """The language of a text: a code of NAMES, "… letters" for a script of many languages, OTHER, or "" when it
    cannot be told.

    What stands in quotation marks does not count, nor do capitalised words but the first: they may be names. Words in
    `known` are no sign of a foreign language.
    """
    text = _QUOTED.sub(" ", text)
    script = _script(text)
    if script:
        return script
    tokens = [token for i, token in enumerate(text.split()) if token.islower() or (not i and token.lstrip("¿¡(")[1:].islower())]
    found = [word for token in tokens for whole in words_of(token) for word in _unelided(whole)]
    scores = {language: sum(_weight(word) for word in found if word in words) for language, words in _vocabularies().items()}
    best = max(scores, key=lambda language: scores[language])
    own = sum(word in STOP_WORDS and word not in _vocabularies()[best] for word in found)
    score = scores[best] + (sum(_strangeness(word) for word in found if word not in known) if scores[best] >= LEAST else 0)
    score += SURE * (best == "es" and text.lstrip()[:1] in ("¿", "¡"))
    if score >= SURE and score > 2 * own:
        return best if scores[best] >= NAMED and list(scores.values()).count(scores[best]) == 1 else OTHER
    return "en" if any(word in STOP_WORDS for word in found) else ""


def _unelided(word: str) -> tuple[str, ...]:
    """ "l'inspection" as "l'" and "inspection"; English contractions stay whole."""
    head, apostrophe, rest = word.partition("'")
    return (word,) if word in STOP_WORDS or not rest or rest == "s" else (head + apostrophe, rest)


@lru_cache(maxsize=1)
def _vocabularies() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in _WORDS.items()}


def _weight(word: str) -> float:
    if word in STOP_WORDS or (len(word) == 1 and word.isascii()):
        return 0.25
    return 2.0 if word in _ASKING else 0.5 if word in _ALSO_ENGLISH else 1.0


def _strangeness(word: str) -> float:
    """How foreign a word is that English does not have; it may be mistyped, and accents seldom are."""
    if (
        is_english(word)
        or is_english(_unaccented(word))
        or any(word in words for words in _vocabularies().values())
        or not word.isalpha()
    ):
        return 0.0
    return 0.4 if word.isascii() else 0.7


def _unaccented(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def _script(text: str) -> str:
    """The language or the letters of a text that is mostly not in Latin letters, else ""."""
    counts: Counter[str] = Counter()
    for letter in text[:SAMPLE]:
        if letter.isalpha():
            counts[unicodedata.name(letter, "").split(" ", 1)[0].removesuffix("-IDEOGRAPH")] += 1
    if not counts or 2 * (counts["LATIN"] + counts["FULLWIDTH"]) >= sum(counts.values()):
        return ""
    if counts["HIRAGANA"] or counts["KATAKANA"]:
        return "ja"
    script = counts.most_common(1)[0][0]
    return _SCRIPTS.get(script) or (f"{script.capitalize()} letters" if script.isalpha() else "")


def name_of(language: str) -> str:
    """ "de" as "German", "Cyrillic letters" as "a language in Cyrillic letters"."""
    if language == OTHER:
        return language
    return NAMES.get(language) or (f"a language in {language}" if " " in language else f"“{language}”")


def languages_of(index: Index, within: np.ndarray | None = None) -> tuple[str, ...]:
    """The languages of a collection's documents, or of those `within`, the most frequent first: as the catalogue says, else as they read."""
    counts: Counter[str] = Counter()
    numbers = range(len(index.documents)) if within is None else np.flatnonzero(within).tolist()
    for place, number in enumerate(numbers):
        declared = _code(index.documents[number].metadata.language or "")
        if declared:
            counts[declared] += 1
        elif place < MAX_SAMPLED:
            counts[language_of(index.text(number)[:SAMPLE])] += 1
    counts.pop("", None)
    return tuple(language for language, _ in counts.most_common())


def _code(declared: str) -> str:
    """ "en-GB", "EN" and "English" as "en"."""
    folded = declared.strip().casefold()
    by_name = {name.casefold(): code for code, name in NAMES.items()}
    return by_name.get(folded) or re.split(r"[-_ ]", folded)[0]


def foreign_language(question: str, languages: Iterable[str], known: Container[str] = ()) -> str:
    """The language of a question when the documents are in others, else ""."""
    asked, theirs = language_of(question, known), set(languages)
    theirs |= {_WRITTEN_IN[language] for language in theirs if language in _WRITTEN_IN}
    return asked if asked and theirs and asked not in theirs else ""


def language_note(asked: str, languages: Iterable[str]) -> str:
    """What a person is told who asked in another language than the documents'."""
    names = [name_of(language) for language in languages]
    theirs = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    return f"The documents are in {theirs}; this question seems to be in {name_of(asked)}. Ask it in {names[0]} to find more."

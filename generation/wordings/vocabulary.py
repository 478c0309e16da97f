"""The words of questions: which say little, which say how quantities relate, and which forms are one verb's."""

from collections.abc import Iterable
from functools import lru_cache

from generation.conditions.vocabulary import words
from generation.formulas.vocabulary import stem

FILLERS = words(
    """a an the is are was were be been being am has have had do does did will would can could should shall may might
    must and then so also too just there that this these those of in at on for as many much if when while once it's
    what's who's how's there's"""
)
"""Words that come and go when a question becomes a statement."""
PRONOUNS = {
    form: pronoun
    for pronoun, forms in {
        "he": "he him his himself",
        "she": "she her hers herself",
        "it": "it its itself",
        "they": "they them their theirs themselves",
        "we": "we us our ours ourselves",
        "i": "i me my mine myself",
        "you": "you your yours yourself",
    }.items()
    for form in forms.split()
}
ASKING = words(
    """how what which who whose whom why calculate find compute determine evaluate number amount value please long far
    old often large big answer equal"""
)
"""Words of a question that its statement has no need of."""
INDEFINITE = words(
    """some certain several number amount price quantity percentage percent fraction part portion share few unknown
    various any value sum multiple"""
)
"""Words that stand for a quantity that is not told."""
RELATIONS = words(
    """more less fewer than each every per apiece other another rest remaining remain left total average mean not no
    never without except only before after until since first second third fourth fifth last next previous same
    different both either neither older younger taller shorter longer heavier lighter larger bigger smaller greater
    higher lower faster slower farther further closer cheaper most least minimum maximum difference ratio times percent
    initially originally now still again extra additional up off from to between half twice double triple later
    earlier ago old new equal begin start end finally"""
)
"""Words that say how quantities relate: one more or one fewer makes another problem."""
MONEY = words(
    """money dollar cost price pay worth charge spend bill fee earn make save sell profit raise balance income salary
    wage revenue"""
)
"""Words that say of an amount that it may be money."""
CALENDAR = words(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december christmas easter halloween thanksgiving"""
)
"""Names that are nobody's."""
DIMENSIONS = tuple(
    words(units)
    for units in (
        "second minute hour day week month year decade",
        "inch foot yard mile meter metre kilometer kilometre centimeter centimetre millimeter km m cm mm ft",
        "ounce oz pound lb ton gram kilogram kg g",
        "liter litre milliliter ml l cup pint quart gallon teaspoon tablespoon",
        "dollar cent penny nickel dime quarter",
    )
)
"""Units of measure, by what they measure."""

_SAME = {
    "altogether": "total",
    "combined": "total",
    "dollars": "dollar",
    "percentage": "percent",
    "cannot": "not",
    "feet": "foot",
    "inches": "inch",
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "mice": "mouse",
    "teeth": "tooth",
    "leaves": "leave",  # of trees, or goes away
}
_IRREGULAR = """
begin began begun; bend bent; bite bit bitten; blow blew blown; break broke broken; bring brought; build built;
buy bought; catch caught; choose chose chosen; come came; cost costs; cut cutting; deal dealt; dig dug;
drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed; feel felt; find found; fly flew flown;
forget forgot forgotten; freeze froze frozen; get got gotten; give gave given; go went gone goes; grow grew grown;
hang hung; hide hid hidden; hit hitting; hold held; keep kept; know knew known; lay laid; lead led; leave; lend lent;
lose lost; make made; mean meant; meet met; pay paid; put putting; read reading; ride rode ridden; rise rose risen;
run ran running; say said; see saw seen; sell sold; send sent; set setting; sew sewn; shoot shot; show shown;
sing sang sung; sit sat; sleep slept; speak spoke spoken; spend spent; stand stood; steal stole stolen; swim swam swum;
take took taken; teach taught; tell told; think thought; throw threw thrown; use used; wake woke; wear wore worn;
weave wove woven; win won; write wrote written
"""
_VERBS = {form: verb.split()[0] for verb in _IRREGULAR.split(";") for form in verb.split()}


@lru_cache(maxsize=65_536)
def lemma(word: str) -> str:
    """What the forms of a word have in common: sell of sold, bak of baked and bakes, total of altogether."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    if known := _SAME.get(word) or _VERBS.get(word):
        return known
    short = stem(word)
    if short in _VERBS:
        return _VERBS[short]
    if len(short) > 4 and short[-1] == short[-2] and short[-1] not in "aeiouls" and word.endswith(("ed", "ing")):
        short = short[:-1]  # planned, planning
    if word.endswith("ied"):
        return word[:-3] + "y"
    return short.removesuffix("e") if len(short) > 3 else short


def lemmas(choices: Iterable[str]) -> frozenset[str]:
    """The lemmas of words."""
    return frozenset(map(lemma, choices))

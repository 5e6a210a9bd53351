"""CJK radicals and strokes, and the ideographs they fold to, in the same order.

Derived from the property Equivalent_Unified_Ideograph of the Unicode Character Database 14.0.0 (EquivalentUnifiedIdeograph.txt), without the
characters that NFKC folds (all Kangxi radicals, two of the Radicals Supplement). Printed PDFs map the glyphs of common
characters to radicals: browsers and macOS write U+2EA0 for U+6C11, U+2ED3 for U+957F.
"""

UNICODE_VERSION = "14.0.0"

RADICALS = (
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾"
    "⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲㇆㇏㇐㇑㇒㇓㇔㇕"
    "㇖㇗㇘㇙㇚㇛㇜㇝㇞㇟㇠㇡"
)

IDEOGRAPHS = (
    "厂乛乚乙亻冂𠘨刀刂卜㔾小尐兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺民氵氺灬爫爬丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹"
    "艺艻虎衤覀西见角𧢲讠贝𧾷车辶辷辸邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀𠃌乀一丨丿乀丶𠃍"
    "乛𠃊𠃎𠄌亅𡿨𠃋乀𠃑乚乙𠄎"
)

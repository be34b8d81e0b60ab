"""Words for the public without doors, phone numbers and names: a rule that proposes, an officer who reads (HZD-12)."""

import re
from collections.abc import Iterable

GONE = "……"
_N = "0-9一二三四五六七八九十百零〇两"
_SURNAME = (
    "(?:欧阳|上官|司马|诸葛|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾萧肖田董袁潘于余叶蒋蔡杜苏魏程吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁])"
)  # fmt: skip
_TITLE = (
    "(?:先生|女士|小姐|阿姨|大爷|大妈|大娘|大叔|大哥|大姐|叔叔|伯伯|爷爷|奶奶|婆婆|"
    "师傅|老师|老板|经理|主任|医生|警官|嫂)"
)
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_WIDE = {0xFF10 + n: 0x30 + n for n in range(10)} | {0xFF21 + n: 0x41 + n for n in range(26)} \
    | {0xFF41 + n: 0x61 + n for n in range(26)} | {0xFF0D: 0x2D, 0xFF0B: 0x2B, 0x3000: 0x20}  # fmt: skip
_RULES = [
    # numbers of people: mobile and fixed phones however they are broken up, identity cards, spoken digits, accounts
    r"(?<![0-9])(?:\+?86[\s-]?)?1[3-9][0-9](?:[\s\-—.·_]{0,2}[0-9]){8}(?![0-9])",
    r"(?<![0-9])0[0-9]{2,3}[\s\-—]?[0-9]{7,8}(?![0-9])|(?<![0-9])[0-9]{3,4}[\s\-—][0-9]{4}(?![0-9])",
    r"[0-9]{7,}[Xx]?|[零〇一二三四五六七八九幺两]{7,}",
    r"(?:微信|QQ|qq|[VvWw][Xx])号?[:：\s]*[A-Za-z0-9_-]{5,}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Za-z][\s·.-]?[A-Za-z0-9]{5,6}",
    # doors: unit, floor, flat; 3-2-501; 3 栋 501; 12 弄 3 号
    r"(?<![0-9-])[0-9]{1,3}\s*[-—]\s*[0-9]{1,5}(?:\s*[-—]\s*[0-9]{1,5})?(?![0-9-])",
    rf"(?:[{_N}]+|(?<![A-Za-z])[A-Za-z])\s*(?:单元|门洞|室|号房|房(?!间?里?没)|户|号门|门(?!面|店|卫))|[{_N}]+\s*(?:层|楼(?!栋))",
    rf"(?<=[栋幢座梯])\s*[-—]?[0-9]{{2,5}}(?![0-9])|(?<=号楼)\s*[-—]?[0-9]{{2,5}}(?![0-9])|(?<=……)\s*[-—]?[{_N}]{{3,5}}",
    r"(?<![0-9])(?!(?:11[0-9]|12[0-2])(?![0-9]))[0-9]{3,4}(?=\s*(?:室|户|家|的|住|租|门|屋|号|那|[，。、；,;]|$))",
    r"(?<=[路街巷弄里道同])\s*[0-9]{1,4}\s*号(?!楼|栋|院|线)",
    r"[一二三四五六七八九零〇]{3,4}(?=\s*(?:室|户|家|的|住|$))",
    # names: with a title, after what somebody is, whose home it is
    rf"(?:[老小](?={_SURNAME}))?{_SURNAME}[\u4e00-\u9fff]{{0,2}}?{_TITLE}",
    rf"(?<=住户|户主|业主|房东|租户|租客|居民|老人|姓名){_SURNAME}[\u4e00-\u9fff]{{1,2}}|(?<=联系人)[:：]?{_SURNAME}[\u4e00-\u9fff]{{1,2}}",
    rf"[老小]{_SURNAME}(?=家|的|说|头|那|和|[，。、；,;]|$)|{_SURNAME}(?:某某?|[\u4e00-\u9fff]{{0,2}})(?=家(?:门|里|楼|阳|窗|的|在|中|人|堆|养|[，。、；]|$))|{_SURNAME}某某?",
]  # fmt: skip
_PATTERNS = [re.compile(rule) for rule in _RULES]


def plain(text: str) -> str:
    """Return words without invisible marks and with ordinary digits, so that no number hides from the rule."""
    return _HIDDEN.sub("", text).translate(_WIDE).strip()


def stripped(text: str, *, names: Iterable[str] = ()) -> str:
    """Return words without unit, floor, door and phone numbers, plates, forms of address and the `names` given.

    A rule never finds every name: the officer reads and edits before anything is public.
    """
    text = plain(text)
    for name in sorted({n.strip() for n in names if len(n.strip()) > 1 and n.strip() != "居民"}, key=len, reverse=True):
        text = text.replace(name, GONE)
    for pattern in _PATTERNS:
        text = pattern.sub(GONE, text)
    return re.sub(r"(?:……[\s\-—]*)+", GONE, text).strip()

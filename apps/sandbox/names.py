"""Names as they are met: common, rare and compound surnames, nicknames, odd ones."""

import random


def words(text: str) -> list[str]:
    return text.split()


# Surname and its reading; a star stands for a surname that many people have.
SURNAMES = words(
    """
    王wang* 李li* 张zhang* 刘liu* 陈chen* 杨yang* 赵zhao* 黄huang* 周zhou* 吴wu*
    徐xu* 孙sun* 胡hu* 朱zhu* 高gao* 林lin* 何he* 郭guo* 马ma* 罗luo* 梁liang 宋song
    郑zheng 谢xie 韩han 唐tang 冯feng 于yu 董dong 萧xiao 程cheng 曹cao 袁yuan 邓deng
    许xu 傅fu 沈shen 曾zeng 彭peng 吕lv 苏su 卢lu 蒋jiang 蔡cai 贾jia 丁ding 魏wei
    薛xue 叶ye 阎yan 余yu 潘pan 杜du 戴dai 夏xia 钟zhong 汪wang 田tian 任ren 姜jiang
    范fan 方fang 石shi 姚yao 谭tan 廖liao 欧阳ouyang 司马sima 上官shangguan
    诸葛zhuge 尉迟yuchi 夏侯xiahou 皇甫huangfu 澹台tantai 公孙gongsun 令狐linghu
    长孙zhangsun 万俟moqi 仇qiu 查zha 单shan 解xie 区ou 乐yue 覃qin 逄pang 亓qi 盖ge
    朴piao 缪miao 晁chao 郗xi 幺yao 仉zhang 爨cuan 䶮yan 𠮷ji
    """
)
GIVEN = words(
    """
    伟wei 芳fang 娜na 敏min 静jing 丽li 强qiang 磊lei 军jun 洋yang 勇yong 艳yan
    杰jie 娟juan 涛tao 明ming 超chao 秀xiu 霞xia 平ping 刚gang 桂gui 英ying 华hua
    玉yu 萍ping 红hong 鹏peng 梓zi 涵han 宇yu 轩xuan 浩hao 然ran 子zi 墨mo 欣xin
    怡yi 诗shi 雨yu 思si 晨chen 佳jia 琪qi 嘉jia 懿yi 睿rui 一yi 诺nuo 可ke 心xin
    瑶yao 俊jun 熙xi 博bo 文wen 翊yi 璟jing 珺jun 玥yue 彧yu 翀chong 祎yi 頔di 堃kun
    喆zhe 犇ben 淼miao 垚yao 赟yun 旻min 昉fang 祺qi 芷zhi 芮rui
    """
)
ENGLISH = words(
    """
    Lily Kevin Amy Jason Vivian Leo Cindy Tony Grace Frank Sunny Eric Joy Sam Yoyo
    Mia Jack
    """
)
TRADES = words(
    """
    房产 保险 建材 母婴 教育 美业 汽车 装修 外贸 财税 健身 鲜花 烘焙
    """
)
PLACES = words(
    """
    杭州 上海 成都 广州 北京 深圳 武汉 西安 南京 长沙 青岛 厦门
    """
)
WORDS = words(
    """
    小雨 阿明 大白 晴天 追风少年 一叶知秋 南风 糖糖 暖暖 开心每一天 木子 海阔天空
    静待花开 老周 豆豆妈 九月 拾光 半夏 橘子汽水 陌上花开 向日葵 小确幸 云淡风轻
    星辰大海 平安是福 简单 花间一壶酒
    """
)
SIGNS = words(
    """
    🌸 🐰 ✨ 🍀 🌙 ☀️ 💕 🎈 🐳 🌻 👨‍👩‍👧 🇨🇳 🏡 🐼
    """
)

# What people really call themselves, and what a program may stumble over.
ODD = [
    "。",
    "　",
    "...",
    "🐰",
    "🌸🌸🌸🌸🌸🌸🌸🌸",
    "👩🏽‍🚀👨‍👩‍👧‍👦🏳️‍🌈",
    "A00-张姐-房产☎️13800000000",
    "<script>alert(1)</script>",
    "=1+1",
    "@SUM(A1:A9)",
    "Robert'); DROP TABLE students;--",
    "\u202egnahZ",
    "zero\u200bwidth\ufeffjoiner",
    "Z̸̢̛̤̝͓a̵̛̟̿l̷̰̈́g̸̡̛o̴͎͝",
    "ﷺ مرحبا بالعالم",
    "ᠮᠣᠩᠭᠣᠯ ཆོས་ལྡན་",
    "null",
    "None",
    "0",
    "-1",
    "%s %d {0} {{7*7}} ${x}",
    "張三丰（繁體）",
    "张三丰",
    "线\n换行\t制表",
    "有\u0000空字符",
    "很长很长的名字" * 12,
    "W" * 128,
    "&lt;b&gt;&amp;]]>",
]
DESCRIPTIONS = words(
    """
    老客户转介绍 展会认识，要报价 关注价格，对比三家 已发资料，下周回访 预算十万以内
    只微信联系 孩子三年级，想报暑期班 喜欢红色款 门店到访两次 周末方便电话
    """
)
PREFIXES = (
    130,
    133,
    135,
    137,
    138,
    139,
    150,
    152,
    158,
    166,
    177,
    180,
    186,
    188,
    189,
    199,
)


def split(entry: str) -> tuple[str, str]:
    """A Chinese part and its reading."""
    reading = entry.rstrip("*").lstrip(
        "".join(character for character in entry if not character.isascii())
    )
    return entry[: entry.index(reading)], reading


SURNAME_READINGS = [split(entry) for entry in SURNAMES]
SURNAME_WEIGHTS = [12 if entry.endswith("*") else 1 for entry in SURNAMES]
GIVEN_READINGS = [split(entry) for entry in GIVEN]


def full_name(chance: random.Random) -> tuple[str, str]:
    """A Chinese name and its reading without spaces: ("欧阳静", "ouyangjing")."""
    surname, reading = chance.choices(SURNAME_READINGS, SURNAME_WEIGHTS)[0]
    length = 1 if chance.random() < 0.35 else 2
    given = [chance.choice(GIVEN_READINGS) for _ in range(length)]
    return (
        surname + "".join(character for character, _ in given),
        reading + "".join(sound for _, sound in given),
    )


def nickname(chance: random.Random) -> str:
    """What a customer calls herself in WeChat."""
    kind = chance.random()
    if kind < 0.52:
        return full_name(chance)[0]
    if kind < 0.68:
        return chance.choice(WORDS)
    if kind < 0.80:
        return f"{chance.choice(SIGNS)}{chance.choice(WORDS)}{chance.choice(SIGNS)}"
    if kind < 0.88:
        return chance.choice(ENGLISH)
    if kind < 0.94:
        surname = chance.choices(SURNAME_READINGS, SURNAME_WEIGHTS)[0][0]
        return f"A-{chance.choice(PLACES)}{chance.choice(TRADES)}-{surname}姐"
    if kind < 0.992:
        return f"{chance.choice(WORDS)}（{chance.choice(PLACES)}）"
    return chance.choice(ODD)


def remark_for(chance: random.Random, name: str) -> str:
    """What an employee notes a customer as; at most twenty characters."""
    kind = chance.random()
    if kind < 0.4:
        remark = full_name(chance)[0]
    elif kind < 0.7:
        remark = f"{full_name(chance)[0]}-{chance.choice(TRADES)}"
    elif kind < 0.9:
        remark = f"{chance.choice(PLACES)} {full_name(chance)[0][:2]}总"
    else:
        remark = name
    return remark[:20]


def phone(chance: random.Random) -> str:
    """A mobile number of a block that no operator has given out."""
    return f"{chance.choice(PREFIXES)}000{chance.randrange(100_000):05}"

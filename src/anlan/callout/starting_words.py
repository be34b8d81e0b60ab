"""The sentences a new installation starts with: for each role what it has to do, by hazard. Ours; officers edit them.

Roles are those of people.starting_roles; what each does follows domain-facts B4, B7 and the guides of alerts.
"""

from anlan.callout.role_words import Sentence

# hazard → role → sentence
_BY_HAZARD: dict[str, dict[str, str]] = {
    "rain": {
        "grid_worker": "去{地点}看低洼院子、地下室、涵洞，叫醒独居老人，水漫到脚踝就带人上二楼。",
        "community_duty": "守住电话，盯{地点}每个网格有没有应，没应的派人上门，把安置点的门打开。",
        "street_duty": "调抽水泵和队伍到{地点}的积水点，封住涵洞和下穿道，每小时往上报一次。",
        "district_duty": "看{地点}哪个街道没应，先打电话催，再派人；要队伍、要泵，马上调。",
        "safety_adviser": "到{地点}的涵洞口、河边站住，拦住要蹚水的人和车，劝他们绕开。",
        "disaster_informant": "看{地点}淹了哪里、多深、困了几人，先打电话报，再补材料。",
        "building_head": "敲开{地点}一楼和地下室的门，叫人上楼，关掉一楼的电闸。",
        "key_site_head": "查{地点}的泵和挡水板，低处停工断电，人撤到高处再清点。",
    },
    "flood": {
        "grid_worker": "去{地点}沿河、沟口的住户家，叫人马上往高处走，人走完再锁门，数清人数。",
        "community_duty": "按名单把{地点}沿河的人转到安置点，谁没到，派人去找。",
        "street_duty": "组织{地点}沿河、水库下面的人转移，堤上有人看着，路口有人拦着。",
        "district_duty": "盯{地点}的水位和转移人数，人手不够马上调队伍，报防汛责任人。",
        "safety_adviser": "守在{地点}的河边、漫水桥，不让人下水、不让车过桥。",
        "disaster_informant": "看{地点}水涨到哪里、路通不通、有没有人困住，先打电话报。",
        "flood_head": "上{地点}的堤，看险段，决定转移谁，对结果负责。",
        "first_responder": "带上绳和救生衣到{地点}集合，两人一组，听统一指挥，不单独下水。",
    },
    "landslide": {
        "grid_worker": "去{地点}的切坡房、沟口，叫里面的人马上出来，往两边走，不往沟下跑。",
        "community_duty": "按名单把{地点}隐患点的人撤出来，撤完拉上警戒，雨停也先不让回去。",
        "street_duty": "组织{地点}隐患点撤人，封住过坡的路，请地灾专家看过再放人回去。",
        "district_duty": "盯{地点}每个隐患点撤了几户几人，没撤完的派人去，报自然资源值班。",
        "safety_adviser": "守在{地点}的山路口，不让人和车往坡下过。",
        "disaster_informant": "看{地点}有没有裂缝变宽、掉石、水变浑，有就先撤人再报。",
        "key_site_head": "撤出{地点}坡下的人，停工，车和机器不管。",
    },
    "typhoon": {
        "grid_worker": "去{地点}看工棚、广告牌、老旧房，叫人搬到结实的屋里，收起阳台的东西。",
        "community_duty": "把{地点}住工棚、老旧房的人转到安置点，叫各网格收高空的东西。",
        "street_duty": "查{地点}工地塔吊、广告牌、树，船回港，人上岸，安置点开门。",
        "district_duty": "盯{地点}船回港、人上岸、工地停工的数，没办完的点名催。",
        "safety_adviser": "守在{地点}的海边、江边、公园口，劝人回家，不让人看风浪。",
        "disaster_informant": "看{地点}吹倒了什么、断没断电、伤没伤人，先打电话报。",
        "key_site_head": "停{地点}的高空和水上作业，固定塔吊，人撤到室内。",
    },
    "cold": {
        "grid_worker": "去{地点}看独居老人、病人家里冷不冷，查烧煤的有没有开窗，缺被子马上报。",
        "community_duty": "清点{地点}怕冷的人家，被子、炭送到户，看水管冻没冻。",
        "street_duty": "在{地点}的坡道、桥上撒盐铲冰，受助站开门，路上有人睡就接回来。",
        "district_duty": "盯{地点}的路、水、电、气，哪里断了马上叫主管单位去修。",
        "safety_adviser": "守在{地点}结冰的坡和桥，劝车慢行，劝老人别出门。",
        "disaster_informant": "看{地点}冻坏了什么、断没断水断电、有没有人冻伤，先打电话报。",
    },
    "heat": {
        "grid_worker": "去{地点}看独居老人、病人，劝他们喝水、开空调，中午不出门。",
        "community_duty": "打开{地点}的纳凉点，备水备药，给独居老人每天打一个电话。",
        "street_duty": "查{地点}户外干活的停没停，纳凉点开没开，供电有没有过载。",
        "district_duty": "盯{地点}停电停水的地方，先恢复老小区，户外作业按规定停。",
        "safety_adviser": "到{地点}的水塘、河边看着，不让孩子下水。",
        "disaster_informant": "看{地点}有没有人中暑、哪里停电，先打电话报。",
        "key_site_head": "停{地点}中午的户外作业，给工人备水备药。",
    },
    "fire": {
        "grid_worker": "去{地点}查烧纸、烧荒、电动车上楼充电，见到就劝停，见火先喊人撤再打 119。",
        "community_duty": "叫{地点}每个网格巡一遍楼道和林边，消防通道堵了当场清开。",
        "street_duty": "在{地点}的进山路口设卡收火种，队伍备勤，消防栓查一遍。",
        "district_duty": "盯{地点}的卡口和备勤队伍，见火点先派最近的队，再报。",
        "safety_adviser": "守在{地点}的进山路口、坟地，收下火种，劝人用鲜花。",
        "disaster_informant": "在{地点}看烟看火，见烟就打电话报方位，不一个人去扑。",
        "first_responder": "带灭火器到{地点}，先救人再灭初起的火，大了就退。",
    },
}
# Where the level changes what is to be done: red.
_RED: dict[str, dict[str, str]] = {
    "rain": {
        "grid_worker": "马上去{地点}低洼处，一户一户敲门，把人带上二楼以上，带不走的喊人来抬。",
        "community_duty": "现在就把{地点}低处的人转走，安置点开门，半小时报一次转了几人。",
        "street_duty": "{地点}停课停工，队伍全部出动到低处转人，封住所有涵洞。",
    },
    "flood": {
        "grid_worker": "马上带{地点}沿河的人往高处走，不收东西，走完数人，少一个报一个。",
        "community_duty": "现在就转走{地点}沿河所有人，走不动的派人背，转完逐户看一遍。",
    },
    "landslide": {
        "grid_worker": "马上把{地点}坡下、沟口的人全叫出来，往两边高处跑，不许回去拿东西。",
        "community_duty": "现在就撤空{地点}的隐患点，拉警戒，有人守，没有专家发话不让回。",
    },
    "typhoon": {
        "grid_worker": "马上把{地点}工棚、老旧房里的人转走，自己也进结实的屋，风停前不出门。",
        "community_duty": "现在就关{地点}的公园、工地、市场，人全部进屋，安置点点名。",
    },
}
# Whatever the hazard: what the directive asks of the role.
_BY_DIRECTIVE: dict[str, dict[str, str]] = {
    "task": {
        "grid_worker": "在{地点}把这件事办了，{期限}前报办好了还是办不了。",
        "community_duty": "分给{地点}的网格去办，{期限}前把结果报上来。",
        "street_duty": "分给{地点}的社区去办，盯到办完，{期限}前报结果。",
        "district_duty": "分给{地点}的街道去办，没办完的点名催，{期限}前报结果。",
        "safety_adviser": "到{地点}去办，{期限}前报结果；有危险先离开再报。",
        "disaster_informant": "到{地点}看清楚，{期限}前报看到了什么。",
    },
    "command": {
        "grid_worker": "收到先应，马上去{地点}办，{期限}前报结果；办不了写明原因。",
        "community_duty": "收到先应，马上派人到{地点}办，{期限}前报结果。",
        "street_duty": "收到先应，马上组织{地点}办，{期限}前报结果。",
        "district_duty": "收到先应，马上布置{地点}办，{期限}前报结果。",
        "safety_adviser": "收到先应，马上到{地点}，{期限}前报结果；有危险先离开。",
        "disaster_informant": "收到先应，马上到{地点}看，{期限}前报结果。",
    },
    "reminder": {
        "grid_worker": "这几天走到{地点}时顺便看一看，不用专门报。",
        "community_duty": "在{地点}的群里、楼道里提醒一声。",
        "safety_adviser": "在{地点}碰到人，顺口提醒一句。",
    },
}

STARTING: tuple[Sentence, ...] = (
    *(Sentence(role, hazard, "", "", text) for hazard, words in _BY_HAZARD.items() for role, text in words.items()),
    *(Sentence(role, hazard, "red", "", text) for hazard, words in _RED.items() for role, text in words.items()),
    *(
        Sentence(role, "", "", directive, text)
        for directive, words in _BY_DIRECTIVE.items()
        for role, text in words.items()
    ),
)

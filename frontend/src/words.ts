/** The few words that scripts say, in the page's language. Pages say everything else through gettext. */

const ENGLISH: Record<string, string> = {
  "{n} 秒前收到服务器消息": "heard from the server {n} s ago",
  "刚刚收到服务器消息": "heard from the server just now",
  "{t}没收到服务器消息了，下面的数可能是旧的。正在重连": "nothing from the server for {t}; figures below may be old. Reconnecting",
  "正在连服务器": "connecting to the server",
  "已停：这一页不再变了": "stopped: this page no longer changes",
  "还剩 {t}": "{t} left",
  "超时 {t}": "{t} overdue",
  "{n} 秒": "{n} s",
  "{n} 分": "{n} min",
  "{n} 分 {s} 秒": "{n} min {s} s",
  "{n} 小时": "{n} h",
  "{n} 小时 {s} 分": "{n} h {s} min",
  "{n} 天": "{n} d",
  "{name}（手机定位）": "{name} (by this phone)",
  "定位误差 {n} 米。不对就在上面换一个。": "Accurate to {n} m. If it is wrong, pick another above.",
  "说一句话": "Say a sentence",
  "在听，说完点这里": "Listening; press when done",
  "没听清，再说一次，或者打字。": "That was not understood: say it again, or type.",
  "选了 {n} 张，点这里换": "{n} chosen; press to change",
  "没发出去：没网。存在手机里了，有网自动发；这一页别关。": "Not sent: no network. Kept on this phone, and sent by itself once there is one; leave this page open.",
  "上次没发出去的还在，看一眼再报上去。": "What could not be sent last time is still here: look at it, then send it.",
  "上次写到一半的还在。": "What you had begun is still here.",
  "地图": "Map",
  "红色": "red",
  "橙色": "orange",
  "黄色": "yellow",
  "蓝色": "blue",
  "预警范围": "warned area",
  "地方的边界": "place boundaries",
  "报警": "alarm",
  "没有数据": "silent",
  "正常": "well",
  "人报的": "reported by people",
  "河": "river",
  "路": "road",
  "{n} 处": "{n} places",
  "地图上有这些": "On the map",
  "地图打不开：{why}。下面的名单照样能用。": "The map did not open: {why}. The list below works all the same.",
  "浏览器不能画地图": "this browser cannot draw maps",
  "这里还没有边界，画不出地图": "No boundaries here yet, so no map",
  "读不到数据": "the data could not be read",
  "放大": "Zoom in",
  "缩小": "Zoom out",
  "看全部": "Show all",
  "画多边形": "Draw polygon",
  "画圆": "Draw circle",
  "擦掉重画": "Erase and redraw",
  "点一下加一个角，双击或按回车收口，按退格去掉上一个角": "Click to add a corner; double-click or Enter closes; Backspace removes the last corner",
  "点一下定圆心，再点一下定半径": "Click the centre, then click the edge",
  "画好了：{n} 个角": "Drawn: {n} corners",
  "画好了：半径 {n} 公里": "Drawn: radius {n} km",
  "还没画": "Nothing drawn yet",
  "不用鼠标：写中心和半径": "Without a mouse: type centre and radius",
  "经度": "Longitude",
  "纬度": "Latitude",
  "半径（公里）": "Radius (km)",
  "就用这个圆": "Use this circle",
  "经度在 -180 到 180 之间，纬度在 -90 到 90 之间，半径大于 0": "Longitude −180 to 180, latitude −90 to 90, radius above 0",
  "看数据表": "Show the table",
  "没办成：{why}。你填的还在，再试一次。": "Not done: {why}. What you typed is still here; try again.",
  "没打开：{why}": "Not switched on: {why}",
  "浏览器会问你许不许，选「允许」。": "The browser will ask: choose “Allow”.",
  "浏览器不许响。到浏览器的设置里把这个网站的通知打开，再来一次。": "The browser does not allow it. Allow notifications of this site in the browser’s settings and try again.",
  "打开了。有预警、预警变了、解除了，这台设备都会响。": "On. This device will ring for new, changed and lifted warnings.",
  "关掉了，这里的预警不会再响。": "Off. Warnings for this place ring no more.",
  "鸿蒙手机": "HarmonyOS phone",
  "安卓手机": "Android phone",
  "苹果手机": "iPhone",
  "苹果平板": "iPad",
  "苹果电脑": "Mac",
  "电脑": "Computer",
  "连不上服务器": "the server cannot be reached",
  "服务器答了 {n}": "the server answered {n}",
};

/** Add the words of an island that has many of its own. */
export const learn = (words: Record<string, string>): void => void Object.assign(ENGLISH, words);

const english = (): boolean => document.documentElement.lang.startsWith("en");

/** Say a sentence, with {n}-like places filled. */
export function say(text: string, values: Record<string, string | number> = {}): string {
  const template = english() ? (ENGLISH[text] ?? text) : text;
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole)).replace(/(\d) (?=[^\d\s])/g, "$1\u00a0");
}

/** Say a length of time in at most two units, as anlan.web.spoken.lasting does. */
export function lasting(seconds: number): string {
  const left = Math.abs(Math.trunc(seconds));
  if (left < 60) return say("{n} 秒", { n: left });
  if (left < 3600) return say("{n} 分 {s} 秒", { n: Math.floor(left / 60), s: String(left % 60).padStart(2, "0") });
  if (left < 86400) return say("{n} 小时 {s} 分", { n: Math.floor(left / 3600), s: Math.floor((left % 3600) / 60) });
  return say("{n} 天", { n: Math.floor(left / 86400) });
}

/** Say a length of time in one unit. */
export function roughly(seconds: number): string {
  const left = Math.abs(Math.trunc(seconds));
  if (left < 60) return say("{n} 秒", { n: left });
  if (left < 3600) return say("{n} 分", { n: Math.floor(left / 60) });
  if (left < 86400) return say("{n} 小时", { n: Math.floor(left / 3600) });
  return say("{n} 天", { n: Math.floor(left / 86400) });
}

export const known = (): string[] => Object.keys(ENGLISH);

import { dashes, paletteSize } from './figure.ts';

/** A mask that leaves of a bar the strokes of a line: `#000 0px 7px,#0000 7px 10px`. */
function mask(pattern: readonly number[]): string {
  let end = 0;
  const stops = pattern.map((length, index) => {
    const from = end;
    end += length;
    return `${index % 2 === 0 ? '#000' : '#0000'} ${from}px ${end}px`;
  });
  return `repeating-linear-gradient(90deg,${stops.join(',')})`;
}

/** The page's looks: light and dark by the reader's system, one column on a phone, and print. */
export const style = `
:root{color-scheme:light dark;
--ground:light-dark(#f6f5f1,#14161a);--card:light-dark(#fff,#1c1f25);--ink:light-dark(#1d1f24,#e7e7ea);
--soft:light-dark(#5f6470,#a2a8b4);--line:light-dark(#dedbd2,#333842);--accent:light-dark(#1f5fbf,#7fb2ff);
--good:light-dark(#1c7a45,#62cf92);--bad:light-dark(#b3361f,#ff8f78);
--trigger:light-dark(#fbe3a6,#5b4710);--rethinking:light-dark(#cfe6fb,#173c5e);
--c0:light-dark(#1f66c7,#6fabff);--c1:light-dark(#c2570c,#ff9d57);--c2:light-dark(#17806d,#4fd1b5);
--c3:light-dark(#a1328f,#ee8fdc);--c4:light-dark(#8a6d00,#dfc04a);--c5:light-dark(#5b4bc4,#a99cff);
--c6:light-dark(#b3263e,#ff8394);--c7:light-dark(#5d6673,#a9b2bf);
--c8:light-dark(#4f7d12,#a8d65c);--c9:light-dark(#7a4a2b,#d2a27f);
--plot-background:var(--card)}
*{box-sizing:border-box}
html{scroll-padding-top:5rem;-webkit-text-size-adjust:100%}
body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;color:var(--ink);background:var(--ground)}
header,main,footer{max-width:82rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2rem}h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.6rem 0 .8rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .2rem}h4{font-size:.95rem;margin:1.2rem 0 .4rem}
p{margin:.3rem 0}.sub,.help,.note,.facts,.id,small,footer,caption{color:var(--soft);font-size:.85rem}
small{display:block;font-weight:400}.id{font-size:.75rem;overflow-wrap:anywhere}
.up{color:var(--good)}.down{color:var(--bad)}.warn{color:var(--bad)}
.stamp,.alarm{border-left:4px solid var(--bad);background:var(--card);padding:.5rem .8rem;margin:.6rem 0;border-radius:0 6px 6px 0}
nav{position:sticky;top:0;z-index:5;background:color-mix(in srgb,var(--ground) 92%,transparent);border-bottom:1px solid var(--line);margin-top:1.2rem}
nav div{max-width:82rem;margin:0 auto;padding:.55rem 1.25rem;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;white-space:nowrap;font-size:.9rem}
a{color:var(--accent);text-decoration:none}a:hover,a:focus-visible{text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:.8rem;margin:1.2rem 0}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:.75rem .95rem}.tile h3{margin:0;font-size:.82rem;font-weight:500;color:var(--soft)}
.tile .value{font-size:1.55rem;font-weight:600;line-height:1.25;margin:.1rem 0;font-variant-numeric:tabular-nums}
.charts{display:flex;flex-wrap:wrap;gap:1rem}.charts>*{flex:1 1 25rem;min-width:min(100%,25rem)}
@media(min-width:82rem){.charts:has(>:nth-child(4):last-child)>*{flex-basis:38rem}}
figure{margin:0;padding:.9rem 1rem .6rem;min-width:0;display:flex;flex-direction:column}figure h3{margin:0}.help{margin:.1rem 0 .4rem}
figure.missing{align-self:start}figure.missing p,.missing{color:var(--soft);font-size:.9rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem .5rem;margin:.2rem 0;padding:0;font-size:.83rem}
.legend button{font:inherit;color:inherit;background:none;border:0;border-radius:4px;padding:.1rem .3rem;cursor:pointer;text-align:left}
.legend button:hover{background:var(--ground)}.legend button[aria-pressed=false]{opacity:.4;text-decoration:line-through}
.legend b{font-weight:600;font-variant-numeric:tabular-nums}
.swatch{display:inline-block;width:.75em;height:.75em;border-radius:3px;margin-right:.4em;background:currentColor}
${Array.from({ length: paletteSize }, (_, index) => `.swatch.c${index}{background:var(--c${index})}`).join('')}
.swatch.line{width:1.7em;height:3px;border-radius:0;vertical-align:.25em}
${dashes.map((pattern, index) => (pattern.length === 0 ? '' : `.swatch.d${index}{mask:${mask(pattern)}}`)).join('')}
.plot{min-height:190px;margin-top:auto}.plot svg{display:block;max-width:100%;height:auto;overflow:visible;font-family:inherit}
.plot figure{padding:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;margin:.6rem 0;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.3rem}th,td{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);text-align:right;vertical-align:top}
th:first-child,td:first-child,table.plain td,table.plain th{text-align:left}th{font-weight:600;font-size:.82rem}table.plain td{overflow-wrap:anywhere}
table.glance td{min-width:8.5rem}
table.wide th,table.wide td{padding-right:.6rem}table.wide td:not(:first-child){white-space:nowrap}table.wide td:first-child{min-width:9rem}
details{margin:.6rem 0}summary{cursor:pointer;color:var(--accent)}
.readings{display:grid;gap:.9rem;margin:.5rem 0 1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,32rem),1fr))}
.reading{padding:1rem;display:grid;grid-template-columns:minmax(9rem,12.5rem) minmax(0,1fr);gap:1.2rem;align-content:start}
.asked img{display:block;max-width:100%;height:auto;border-radius:6px;border:1px solid var(--line);margin-bottom:.5rem}
.asked img.pixels{width:11rem;image-rendering:pixelated}.no-picture{border:1px dashed var(--line);border-radius:6px;padding:1rem;font-size:.82rem;color:var(--soft);overflow-wrap:anywhere}
.question{white-space:pre-wrap;overflow-wrap:anywhere}
pre{margin:.4rem 0;padding:.7rem .8rem;background:var(--ground);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font:.87rem/1.55 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
code{font:.9em ui-monospace,Menlo,Consolas,monospace}
.trigger{background:var(--trigger);border-radius:3px;text-decoration:underline;text-underline-offset:.2em}.rethinking{background:var(--rethinking);border-radius:3px}
.spans{display:flex;flex-wrap:wrap;gap:.5rem}.spans span{padding:.1rem .5rem;font-size:.83rem;border:1px solid var(--line);border-radius:4px}
.badge{font-weight:600}.badge.right{color:var(--good)}.badge.wrong{color:var(--bad)}
footer{padding-top:2.5rem;padding-bottom:2.5rem}
@media(max-width:640px){nav div{flex-wrap:nowrap;overflow-x:auto;mask:linear-gradient(90deg,#000 calc(100% - 2.5rem),#0000)}header,main,footer,nav div{padding-left:.9rem;padding-right:.9rem}h1{font-size:1.35rem}
.tiles{grid-template-columns:1fr 1fr;gap:.5rem}.tile{padding:.6rem .7rem}.tile .value{font-size:1.2rem}
.reading{grid-template-columns:1fr;gap:.6rem}figure{padding:.8rem .7rem .4rem}}
@media print{:root{color-scheme:light}body{font-size:10.5pt;background:#fff}nav,.legend button[aria-pressed=false]{display:none}header,main,footer{max-width:none;padding:0}
.charts>*,.charts:has(>*)>*{flex:0 1 calc(50% - .5rem);min-width:0}.readings{grid-template-columns:1fr}.card,.tile{break-inside:avoid;border-color:#ccc}h2,h3,h4{break-after:avoid}
.tiles{grid-template-columns:repeat(4,1fr)}.reading{grid-template-columns:9rem 1fr}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;

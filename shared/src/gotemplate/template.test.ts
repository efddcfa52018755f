import { expect, it } from 'vitest'
import { renderTemplate } from './template.ts'

const data = { name: 'web', n: 3, list: ['b', 'a'], map: { k: 'v' }, deep: { x: { y: 'web' } }, no: false }
const render = (text: string, options: string[] = []): string => renderTemplate(text, data, { now: () => 0, options })

it.each([
  ['{{.name}}', 'web'],
  ['{{ .map.k | upper | quote }}', '"V"'],
  ['a {{- .name -}} b', 'awebb'],
  ['{{range $i, $e := .list}}{{$i}}={{$e}} {{end}}', '0=b 1=a '],
  ['{{range .none}}x{{else}}none{{end}}', 'none'],
  ['{{if and (eq .name "web") (gt (len .list) 1)}}yes{{end}}', 'yes'],
  ['{{with .map}}{{.k}}{{end}}', 'v'],
  ['{{define "t"}}<{{.}}>{{end}}{{template "t" .name}}', '<web>'],
  ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
  ['{{range until 5}}{{if eq . 3}}{{break}}{{end}}{{.}}{{end}}', '012'],
  ['{{printf "%05.2f|%-4s|%q" 2.5 .name .name}}', '02.50|web |"web"'],
  ['{{.missing}}', '<no value>'],
  ['{{.missing | default "d"}}', 'd'],
  ['{{12345678.0}}', '1.2345678e+07'],
  [
    '{{typeOf (until 2)}} {{typeOf (splitList "," "a")}} {{typeOf (split "," "a")}}',
    '[]int []string map[string]string',
  ],
  ['{{printf "%3v|%s|%d" .list .map .map}}', '[  b   a]|map[k:v]|map[%!d(string=k):%!d(string=v)]'],
  ['{{printf "%d%% %z %!" 1 2}}', '1% %!z(int=2) %!!(MISSING)'],
  ['{{html nil}}{{urlquery "a b" "&"}}', '&lt;no value&gt;a+b%26'],
  ['{{ .name | }}', 'web'],
  ['{{get .none "k"}}{{hasKey .none "k"}}', 'false'],
  ['{{/* nothing */}}{{dict "b" 1 "a" (list 1 2)}}', 'map[a:[1 2] b:1]'],
])('%s', (text, wanted) => expect(render(text)).toBe(wanted))

it('says where a key is missing, if that is an error', () => {
  expect(() => render('x {{.missing}}', ['missingkey=error'])).toThrow(
    'template: template:1:4: executing "template" at <.missing>: map has no entry for key "missing"',
  )
})

it.each([
  ['{{', 'unclosed action'],
  ['{{if .name}}', 'unexpected EOF'],
  ['{{nope}}', 'function "nope" not defined'],
  ['{{$x}}', 'undefined variable "$x"'],
  ['{{upper 5}}', 'at <5>: expected string; found 5'],
  ['{{upper .n}}', 'wrong type for value; expected string; got float64'],
  ['{{if}}{{end}}', 'missing value for if'],
  ['{{range}}{{end}}', 'missing value for range'],
  ['{{ @ }}', 'unexpected "@" in command'],
  ['{{{.name}}}', 'unexpected "{" in command'],
  ['{{.name || .n}}', 'unexpected "|" in command'],
  ['{{ /* no comment */ }}', 'unexpected "/" in command'],
  ['{{range $a, $b, $c := .list}}{{end}}', 'too many declarations in range'],
  ['{{99999999999999999999}}', 'integer overflow: "99999999999999999999"'],
  ['{{"x" "y"}}', `can't give argument to non-function "x"`],
  ['{{index .map "a" "b"}}', 'error calling index: index of nil pointer'],
  ['{{eq .list "a"}}', 'incompatible types for comparison: []interface {} and string'],
  ['{{slice .name 1}}', 'list should be type of slice or array but string'],
  ['{{fail "no"}}', 'at <fail "no">: error calling fail: no'],
  // The place is that of the piece that was looked at last.
  ['{{.name.sub}}', ':1:7: executing "template" at <.name.sub>: can\'t evaluate field sub in type interface {}'],
  ['{{("x").sub}}', ':1:3: executing "template" at <"x">: can\'t evaluate field sub in type string'],
  ['{{atoi (list 1 (list 2))}}', ':1:21: executing "template" at <2>: wrong type for value; expected string'],
  ['{{.n | trimAll "x"}}', ':1:15: executing "template" at <"x">: wrong type for value; expected string'],
  ['{{range .name}}{{end}}', ':1:8: executing "template" at <.name>: range can\'t iterate over web'],
  ['{{range $i, $v := 3}}{{end}}', "can't use 3 to iterate over more than one variable"],
  ['{{template "no" .n}}', ':1:11: executing "template" at <{{template "no" .n}}>: template "no" not defined'],
  ['{{define "t"}}{{.x.y.z}}{{end}}{{template "t" .deep}}', 'executing "t" at <.x.y.z>'],
  ['{{get "a" "b"}}', `can't handle "a" for arg of type map[string]interface {}`],
  ['{{upper .map.nil}}', 'invalid value; expected string'],
  ['{{.name 1}}', 'at <.name>: name is not a method but has arguments'],
  ['{{call .name}}', 'error calling call: non-function .name of type string'],
  ['{{regexReplaceAllLiteral}}', 'at <regexReplaceAllLiteral>: wrong number of args'],
  ['{{append 1.5 2}}', 'Cannot push on type float64'],
  ['{{concat "a"}}', 'Cannot concat type string as list'],
  ['{{first nil}}', 'error calling first: runtime error: invalid memory address or nil pointer dereference'],
  ['{{dig "a" "d" .name}}', 'interface conversion: interface {} is string, not map[string]interface {}'],
  ['{{index .list 2}}', 'reflect: slice index out of range'],
  ['{{mustFromJson "{"}}', 'error calling mustFromJson: unexpected end of JSON input'],
  ["{{'ab'}}", "malformed character constant: 'ab'"],
  ['{{2.5.x}}', 'unexpected . after term "2.5"'],
  ['{{.da-sh}}', "bad character U+002D '-'"],
])('%s is refused: %s', (text, why) => expect(() => render(text)).toThrow(why))

it('ends what would go on for ever', () => {
  expect(() => render('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}')).toThrow('maximum template depth')
  expect(() => render('{{range until 90000}}{{range until 90000}}{{end}}{{end}}')).toThrow('loops for too long')
  expect(() => render('{{repeat 2000000 "0123456789"}}')).toThrow('overflow')
})

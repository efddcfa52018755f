import { expect, it } from 'vitest'
import { renderTemplate } from './template.ts'

const data = { name: 'web', n: 3, list: ['b', 'a'], map: { k: 'v' }, no: false }
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
])('%s is refused: %s', (text, why) => expect(() => render(text)).toThrow(why))

it('ends what would go on for ever', () => {
  expect(() => render('{{define "t"}}{{template "t"}}{{end}}{{template "t"}}')).toThrow('maximum template depth')
  expect(() => render('{{range until 90000}}{{range until 90000}}{{end}}{{end}}')).toThrow('loops for too long')
  expect(() => render('{{repeat 2000000 "0123456789"}}')).toThrow('overflow')
})

import { load } from 'js-yaml'

/** What the commands of transcripts do: arguments and the text below them in, a text out. */
export type Command = (args: readonly string[], input: string) => string

/** The text below a command as YAML. */
export function yaml<T>(input: string): T {
  return (input.trim() === '' ? undefined : load(input)) as T
}

/** `name:value` among the arguments. */
export function argument(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`${name}:`))?.slice(name.length + 1)
}

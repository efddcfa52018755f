import type { KubeObject } from '../k8s/object.ts'

/** The words of an object's comma separated annotation, without blanks. */
export function annotationWords(object: KubeObject | undefined, key: string): readonly string[] {
  return wordsOf(object?.metadata.annotations, key)
}

/** The words of one of the annotations, which need not be a text where nobody has checked them. */
export function wordsOf(annotations: Readonly<Record<string, string>> | undefined, key: string): readonly string[] {
  const value: unknown = annotations?.[key]
  if (typeof value !== 'string' || value === '') return []
  const words = value.split(',').map((word) => word.trim())
  return words.filter((word) => word !== '')
}

/** Whether a comma separated annotation holds a word: `hasOption(object, annotation.syncOptions, 'Prune=confirm')`. */
export function hasOption(object: KubeObject | undefined, key: string, word: string): boolean {
  return annotationWords(object, key).includes(word)
}

/** The value of a `Name=value` word in a list of options; the last one counts. */
export function optionValue(options: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`
  return options.findLast((option) => option.startsWith(prefix))?.slice(prefix.length)
}

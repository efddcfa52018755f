import { formatQuantity, parseQuantity } from '../apiserver/validation/quantity.ts'

export { formatQuantity, parseQuantity } from '../apiserver/validation/quantity.ts'

/** The one way Kubernetes writes a quantity (`1024Mi` is `1Gi`, `0.5` is `500m`); undefined where the text is none. */
export function canonicalQuantity(text: string): string | undefined {
  const quantity = parseQuantity(text)
  return quantity && formatQuantity(quantity)
}

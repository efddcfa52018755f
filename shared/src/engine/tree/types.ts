/** A line of a node: `Containers 1/1`. */
export interface InfoItem {
  readonly name: string
  readonly value?: string
}

/** An object that another one sends traffic to. */
export interface TargetRef {
  readonly group?: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
}

/** How traffic reaches an object and where it goes on to. */
export interface Networking {
  readonly labels?: Readonly<Record<string, string>>
  readonly targetLabels?: Readonly<Record<string, string>>
  readonly targetRefs?: readonly TargetRef[]
  readonly ingress?: readonly { readonly hostname?: string; readonly ip?: string }[]
  readonly externalURLs?: readonly string[]
}

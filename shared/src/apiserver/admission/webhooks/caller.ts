import type { KubeObject } from '../../../k8s/object.ts'

/** Where a webhook is, and how it proves that it is the one. */
export interface WebhookEndpoint {
  /** Whole address but for the query. */
  readonly url: string
  /** Of a service in the cluster: where it is to be found. */
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number }
  /** PEM of the authorities that may have signed its certificate; absent: those of the system. */
  readonly authorities?: string
}

/** What came back, or why nothing did, in the words of the reference client. */
export type WebhookAnswer = { readonly status: number; readonly text: string } | { readonly failure: string }

/** Sends a review to a webhook: the network of this program, given as an argument. */
export type CallWebhook = (endpoint: WebhookEndpoint, review: KubeObject, timeoutMs: number) => Promise<WebhookAnswer>

import { X509Certificate } from 'node:crypto'
import type { Clock } from '@flotilla/shared/lang/clock'
import { every } from '@flotilla/shared/lang/every'
import { givenCertificate, type Certificate } from './certificate.ts'

const aMinute = 60_000
const day = 24 * 3600 * 1000
/** Days before the end, at which it is said that it comes. */
const alarms = [1, 7, 30] as const

export interface CertificateWatchOptions {
  readonly current: Certificate
  /** What the operator gives now; absent: what there is stays. */
  readonly read?: (() => Promise<{ readonly cert: string; readonly key: string } | undefined>) | undefined
  /** Serves with it from the next connection on. */
  readonly use: (certificate: Certificate) => void
  readonly clock: Clock
  readonly everyMs?: number
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void }
}

export interface CertificateWatch {
  /** When the certificate that is served ends, in milliseconds. */
  expiresAt(): number
  stop(): void
}

/**
 * Takes a renewed certificate into use without a restart, and says in time that one is due. One that agents would not
 * know, as they pin another authority, is not used: it would lock them all out.
 */
export function watchCertificate(options: CertificateWatchOptions): CertificateWatch {
  const { clock, log } = options
  let served = options.current
  let warned = Number.POSITIVE_INFINITY
  let refused = ''
  const expiresAt = (): number => Date.parse(new X509Certificate(served.cert).validTo)

  const renew = async (): Promise<void> => {
    const given = await options.read?.()
    if (!given || given.cert === served.cert || given.cert === refused) return
    refused = given.cert
    const next = givenCertificate(given, clock)
    if (next.fingerprint !== served.fingerprint) {
      throw new Error('agents pin another authority: serve with a certificate of that one, or enrol them anew')
    }
    refused = ''
    options.use(next)
    served = next
    warned = Number.POSITIVE_INFINITY
    log.info({ expiresAt: new Date(expiresAt()).toISOString() }, 'the certificate was renewed')
  }
  const warn = (): void => {
    const left = expiresAt() - clock.now()
    const due = alarms.find((days) => left <= days * day)
    if (due === undefined || due >= warned) return
    warned = due
    const when = new Date(expiresAt()).toISOString()
    log.warn(
      { expiresAt: when },
      left <= 0 ? 'the certificate has expired' : `the certificate expires within ${due} days`,
    )
  }

  const failed = (error: unknown): void => log.warn({ error: String(error) }, 'the renewed certificate is not used')
  warn()
  const stop = every(clock, options.everyMs ?? aMinute, () => renew().catch(failed).finally(warn), failed)
  return { expiresAt, stop }
}

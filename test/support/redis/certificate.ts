import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemProgram } from "../../../scripts/system-program.mjs";

/** A key and a certificate for 127.0.0.1 that signs itself; who trusts it, gives it as the authority. */
export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
  /** The certificate in PEM, for `tls: { ca }` of a client. */
  readonly ca: string;
}

/**
 * Makes a certificate that is valid for a day, with the program openssl.
 *
 * Node can sign, but writes no certificates.
 */
export function certificate(folder: string): Certificate {
  const keyFile = join(folder, "key.pem");
  const certFile = join(folder, "cert.pem");
  const { status, stderr, error } = spawnSync(
    systemProgram("openssl"),
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "1"],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", keyFile, "-out", certFile],
    ],
    { encoding: "utf8", timeout: 20_000 },
  );
  if (status !== 0) throw new Error(`openssl made no certificate: ${error?.message ?? stderr}`);
  return { keyFile, certFile, ca: readFileSync(certFile, "utf8") };
}

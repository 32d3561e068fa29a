/** How many slots a Redis Cluster has. */
export const slotCount = 16_384;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x80_00) === 0 ? crc << 1 : (crc << 1) ^ 0x10_21;
  return crc;
});

/**
 * The slot of an ASCII text on a Redis Cluster: CRC16 (XMODEM) modulo 16,384.
 *
 * The text is a key's hash tag, or a key without one. Redis Cluster specification, "Key distribution model".
 */
export function keySlot(text: string): number {
  let crc = 0;
  for (let i = 0; i < text.length; i += 1) {
    crc = ((crc << 8) & 0xff_ff) ^ (table[(crc >> 8) ^ (text.charCodeAt(i) & 0xff)] ?? 0);
  }
  return crc % slotCount;
}

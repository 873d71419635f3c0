// The whole ledger of a round as a file among one's downloads.
import { api, must } from "../../api/client";
import type { Round } from "../../api/schema";

export type Format = "csv" | "json";

/** What the file of a round of a product is called. */
export function fileName(product: string, round: number, format: Format): string {
  return `${product.replaceAll(/[^\w.-]+/g, "-")}-${String(round)}.${format}`;
}

/** Whether `file` has its end. It is written while it is sent, and one that was cut short is not to be taken for the whole. */
export async function isWhole(file: Blob, format: Format): Promise<boolean> {
  const end = await file.slice(-16).text();
  return format === "json" ? /\]\s*$/.test(end) : end.endsWith("\n");
}

/** Reads and saves it, as a file that the browser may put on the disk meanwhile; answers whether it came whole. */
export async function saveLedger({ product_id, id, round }: Round, format: Format): Promise<boolean> {
  const file = (await must(api.GET("/api/v1/products/{product_id}/rounds/{round}/export", { params: { path: { product_id: id, round }, query: { format } }, parseAs: "blob" }))) as Blob;
  if (!(await isWhole(file, format))) return false;
  const address = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: address, download: fileName(product_id, round, format) }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return true;
}

/**
 * Seconds to the rollback (median / 95 %) of the prototype by which the judge was designed, at 50 requests/s and without blips.
 * It counted 5xx with clusters of 2, because retries are counted again, and payments once per key; and it had no warm-up.
 */
export const designFigures: Readonly<Record<string, { readonly seconds: string; readonly settings: string }>> = {
  '5xx 30 %': { seconds: '15 / 25', settings: 'clusters 2' },
  '5xx 20 %': { seconds: '22 / 40', settings: 'clusters 2' },
  '5xx 5 %': { seconds: '90 / 190', settings: 'clusters 2' },
  '5xx 2 %': { seconds: '500 / 750', settings: 'clusters 2' },
  'P95 1.5 s': { seconds: '180 / 300', settings: 'no warm-up' },
  'P95 3 s': { seconds: '120 / 130', settings: 'no warm-up' },
  'payments 20 %': { seconds: '170 / 360', settings: 'shiproom' },
  '5xx 5 % from 60 s after the full shift': { seconds: '60 / 70', settings: 'clusters 2' },
};

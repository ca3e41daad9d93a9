/**
 * Seconds to the rollback (median / 95 %) of the prototype by which the judge was designed, at 50 requests/s and without blips,
 * by its tests alone (`proof-only`).
 */
export const designFigures: Readonly<Record<string, string>> = {
  '5xx 30 %': '15 / 25',
  '5xx 20 %': '22 / 40',
  '5xx 5 %': '90 / 190',
  '5xx 2 %': '500 / 750',
  'P95 1.5 s': '180 / 300',
  'P95 3 s': '120 / 130',
  'payments 20 %': '170 / 360',
  '5xx 5 % from 60 s after the full shift': '60 / 70',
};

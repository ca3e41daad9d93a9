import { z } from 'zod';

/** PostgreSQL's text cannot hold a NUL character; for the caller that is an invalid field like any other. */
const storable = (value: string): boolean => !value.includes('\0');

export const text = (max: number) => z.string().min(1).max(max).refine(storable, 'must not contain NUL');

/** The largest amount with the database's twelve digits before the point. */
export const money = z.number().min(0).max(999_999_999_999);

export const jobId = z.string().min(1).max(100);

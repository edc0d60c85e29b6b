const DOMAINS: Readonly<Record<string, readonly string[]>> = {
  'Art and Design': ['Art', 'Art_Theory', 'Design', 'Music'],
  Business: ['Accounting', 'Economics', 'Finance', 'Manage', 'Marketing'],
  Science: ['Biology', 'Chemistry', 'Geography', 'Math', 'Physics'],
  'Health and Medicine': [
    'Basic_Medical_Science',
    'Clinical_Medicine',
    'Diagnostics_and_Laboratory_Medicine',
    'Pharmacy',
    'Public_Health',
  ],
  'Humanities and Social Science': ['History', 'Literature', 'Sociology', 'Psychology'],
  'Tech and Engineering': [
    'Agriculture',
    'Architecture_and_Engineering',
    'Computer_Science',
    'Electronics',
    'Energy_and_Power',
    'Materials',
    'Mechanical_Engineering',
  ],
};

const DOMAIN_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(DOMAINS).flatMap(([domain, subjects]) =>
    subjects.map((subject) => [subject, domain] as const),
  ),
);

/** The domain of a subject; undefined for a subject that is none of the thirty. */
export function domainOf(subject: string | undefined): string | undefined {
  return DOMAIN_OF.get(subject?.replaceAll(' ', '_') ?? '');
}

/** `validation_Accounting_1` → `Accounting`. */
export function subjectOf(id: string): string | undefined {
  return /^(?:dev|validation|test)_(.+)_\d+$/.exec(id)?.[1];
}

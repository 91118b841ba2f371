/** Something that another try cannot mend, such as a stored document that nobody can read. */
export class Defect extends Error {
  override name = 'Defect';
}

namespace Paging.Core.Accounting;

/// <summary>Which of the resident set's counters a mapped frame counts in; kept in the frame's descriptor. Linux: MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES.</summary>
internal enum ResidentKind : byte
{
    Anonymous,
    File,
    Shared,
}

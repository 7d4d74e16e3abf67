namespace Paging.Core.Frames;

/// <summary>The counter of the resident set that a mapped frame counts in. Kept in the frame's descriptor.</summary>
/// <remarks>Linux: MM_ANONPAGES, MM_FILEPAGES, MM_SHMEMPAGES.</remarks>
internal enum ResidentKind : byte
{
    Anonymous,
    File,
    Shared,
}

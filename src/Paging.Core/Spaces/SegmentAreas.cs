using Paging.Core.Files;

namespace Paging.Core.Spaces;

/// <summary>Mappings of segments of System V: each counts as an attachment until it is unmapped. Linux: shm_vm_ops.close.</summary>
internal static class SegmentAreas
{
    /// <summary>True if a mapping of the open file is one of a segment.</summary>
    public static bool MapsSegment(this AreaSet areas, OpenFileIndex file) => file.IsSome && areas.Files.ObjectOf(file).IsSegment;
}

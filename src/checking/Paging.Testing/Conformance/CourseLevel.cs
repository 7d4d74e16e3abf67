namespace Paging.Testing.Conformance;

/// <summary>What an implementation must know to pass a recording: the levels of a course that builds one.</summary>
public enum CourseLevel
{
    /// <summary>Private anonymous memory is mapped, and its pages come when they are touched.</summary>
    ReserveAndTouch = 1,
    /// <summary>Areas are unmapped, cut, mapped over and given other rights; the break moves.</summary>
    UnmapAndSplit = 2,
    /// <summary>Processes fork, and copy the pages that they write.</summary>
    CopyOnWrite = 3,
    /// <summary>Files and shared memory are mapped, read, written and shortened.</summary>
    Files = 4,
    /// <summary>All that remains: limits, locks, advice, moved and growing areas, huge pages.</summary>
    Pressure = 5,
}

namespace Paging.Pictures.Writing;

/// <summary>Which point of a text stands at its x.</summary>
public enum TextAnchor
{
    /// <summary>The left end.</summary>
    Start = 0,

    /// <summary>The middle.</summary>
    Middle = 1,

    /// <summary>The right end.</summary>
    End = 2,
}

namespace Paging.Pictures.Writing;

/// <summary>The point of a text that stands at its x.</summary>
public enum TextAnchor
{
    /// <summary>The left end.</summary>
    Start = 0,

    /// <summary>The middle.</summary>
    Middle = 1,

    /// <summary>The right end.</summary>
    End = 2,
}

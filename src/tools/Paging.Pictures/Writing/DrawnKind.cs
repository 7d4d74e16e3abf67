namespace Paging.Pictures.Writing;

/// <summary>The kinds of shapes in a drawing.</summary>
internal enum DrawnKind
{
    /// <summary>A rectangle, by its upper left and its lower right corner.</summary>
    Box = 0,

    /// <summary>A circle, by the corners of the square around it.</summary>
    Circle = 1,

    /// <summary>Straight lines through points.</summary>
    Line = 2,

    /// <summary>A curve between two points that leaves and arrives level.</summary>
    Curve = 3,

    /// <summary>A text on its baseline.</summary>
    Text = 4,
}

namespace Paging.Pictures.Writing;

/// <summary>The styles of a picture's texts. On a telephone a unit is 0.93 of a pixel, so that 12 units are 11 pixels.</summary>
public enum TextStyle
{
    /// <summary>A label: 13 units, sans serif.</summary>
    Label = 0,

    /// <summary>A heading inside a picture: 13 units, bold.</summary>
    Strong = 1,

    /// <summary>A note: 12 units, softer.</summary>
    Note = 2,

    /// <summary>Addresses, numbers and names of the machine: 12 units, monospace.</summary>
    Code = 3,

    /// <summary>The same, inside cells.</summary>
    Tiny = 4,

    /// <summary>A label on a filled box: 12 units, monospace, in the colour of the page.</summary>
    Inverse = 5,

    /// <summary>A label on a node of a tree, which is red or black on any paper: 12 units, monospace, white.</summary>
    Node = 6,
}

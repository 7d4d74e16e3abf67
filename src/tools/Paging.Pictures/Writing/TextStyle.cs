namespace Paging.Pictures.Writing;

/// <summary>How a text of a picture is set. The class of the style sheet has the same name in lower case.</summary>
public enum TextStyle
{
    /// <summary>A label: 12 units, sans serif.</summary>
    Label = 0,

    /// <summary>A heading inside a picture: 12 units, bold.</summary>
    Strong = 1,

    /// <summary>A note: 10.5 units, softer.</summary>
    Note = 2,

    /// <summary>Addresses, numbers and names of the machine: 11 units, monospace.</summary>
    Code = 3,

    /// <summary>The same, 9.5 units: inside cells.</summary>
    Tiny = 4,

    /// <summary>A label on a filled box: 11 units, monospace, in the colour of the page.</summary>
    Inverse = 5,

    /// <summary>A label on a node of a tree, which is red or black on any paper: 11 units, monospace, white.</summary>
    Node = 6,
}

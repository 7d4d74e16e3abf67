namespace Paging.Pictures.Characters;

/// <summary>The meaning of a colour in a picture of characters. Without colours the characters have the same meanings.</summary>
public enum CharacterInk
{
    /// <summary>The text's own colour.</summary>
    Plain = 0,

    /// <summary>A heading.</summary>
    Strong = 1,

    /// <summary>Lines and notes.</summary>
    Soft = 2,

    /// <summary>Anonymous memory.</summary>
    Anonymous = 3,

    /// <summary>Memory of files.</summary>
    File = 4,

    /// <summary>On a swap device, or in the swap cache.</summary>
    Swap = 5,

    /// <summary>Page tables.</summary>
    Table = 6,

    /// <summary>Changes of the last step.</summary>
    Changed = 7,
}

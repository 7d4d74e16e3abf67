namespace Paging.Pictures.Characters;

/// <summary>What a colour of a picture in characters means. Without colours the characters say the same.</summary>
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

    /// <summary>What the last step has changed.</summary>
    Changed = 7,
}

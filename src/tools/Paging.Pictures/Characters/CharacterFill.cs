using Paging.Pictures.Writing;

namespace Paging.Pictures.Characters;

/// <summary>A class of the style sheet, drawn in characters.</summary>
/// <param name="Full">The character that fills the box; a space for a light box, which has edges instead.</param>
/// <param name="Light">The character that fills a light box too thin for edges.</param>
/// <param name="Ink">Its colour.</param>
/// <param name="IsFill">False for frames and marks, which fill nothing.</param>
internal readonly record struct CharacterFill(char Full, char Light, CharacterInk Ink, bool IsFill = true)
{
    /// <summary>The fill of a box.</summary>
    public static CharacterFill Of(DrawnShape box) => box.Classes.Split(' ')[0] switch
    {
        "an" => new('█', '█', CharacterInk.Anonymous),
        "fi" => new('▓', '▓', CharacterInk.File),
        "sw" => new('▒', '▒', CharacterInk.Swap),
        "tb" => new('▚', '▚', CharacterInk.Table),
        "kn" or "blk" or "tip" => new('░', '░', CharacterInk.Soft),
        "an0" => new(' ', '=', CharacterInk.Anonymous),
        "fi0" => new(' ', '≡', CharacterInk.File),
        "sw0" => new(' ', '~', CharacterInk.Swap),
        "tb0" => new(' ', '-', CharacterInk.Table),
        "kn0" => new(' ', ':', CharacterInk.Soft),
        "no" or "hollow" or "gone" => new(' ', '·', CharacterInk.Soft),
        _ => new(' ', ' ', CharacterInk.Plain, IsFill: false),
    };
}

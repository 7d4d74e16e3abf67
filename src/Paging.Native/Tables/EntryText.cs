using System.Collections.Immutable;
using System.Text;
using Paging.Native.Primitives;

namespace Paging.Native.Tables;

/// <summary>Prints present entries: the word, then the names of its flags from high to low. For people; it allocates.</summary>
internal static class EntryText
{
    private static readonly ImmutableArray<string> FlagNames = ["P", "RW", "US", "PWT", "PCD", "A", "D", "", "G", "S1", "S2", "S3"];

    /// <summary>Prints <c>0001a067 D A US RW P</c>. Bit 7 has another name on each level.</summary>
    public static string Format(ulong word, string nameOfBit7)
    {
        StringBuilder text = new(HexText.Format(word, null));
        if ((word & EntryBits.NoExecute) != 0) text.Append(" NX");
        for (int bit = FlagNames.Length - 1; bit >= 0; bit--)
        {
            if ((word & (1UL << bit)) == 0) continue;
            text.Append(' ').Append(bit == 7 ? nameOfBit7 : FlagNames[bit]);
        }

        return text.ToString();
    }
}

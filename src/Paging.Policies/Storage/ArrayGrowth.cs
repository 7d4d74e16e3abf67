namespace Paging.Policies;

/// <summary>How arrays over slots grow: by doubling, so that a million frames that are never used cost nothing.</summary>
internal static class ArrayGrowth
{
    /// <summary>A length that has room for an index.</summary>
    public static int LengthFor(int index) => (int)Math.Min(Math.Max(16, 2L * index), Array.MaxLength);

    /// <summary>Makes room for an index.</summary>
    public static void Ensure<T>(ref T[] array, int index)
    {
        if (index >= array.Length) Array.Resize(ref array, LengthFor(index));
    }
}

using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Paging.Policies.Storage;

/// <summary>Grows arrays over slots by doubling, so that a million frames that are never used cost nothing.</summary>
internal static class ArrayGrowth
{
    /// <summary>A length that has room for an index.</summary>
    public static int LengthFor(int index) => (int)Math.Min(Math.Max(16, 2L * index), Array.MaxLength);

    /// <summary>The element of a slot. Costs as much as the array's own bounds check.</summary>
    /// <exception cref="InvalidOperationException">The policy was not made by Create.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No page was ever loaded in the slot.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref T At<T>(T[] array, int slot)
    {
        if (array is null || (uint)slot >= (uint)array.Length) ThrowNoSlot(array, slot);
        return ref array[slot];
    }

    [DoesNotReturn]
    private static void ThrowNoSlot(Array? array, int slot)
    {
        Unmade.ThrowIf(array);
        throw new ArgumentOutOfRangeException(nameof(slot), $"No page was ever loaded in slot {slot}.");
    }

    /// <summary>Makes room for an index.</summary>
    public static void Ensure<T>(ref T[] array, int index)
    {
        Unmade.ThrowIf(array);
        if (index >= array.Length) Array.Resize(ref array, LengthFor(index));
    }
}

using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Translation;

namespace Paging.Core.Faults;

/// <summary>Loads and stores as types: the compiler makes a copy of a missed access for each, with a constant direction.</summary>
internal interface IAccessDirection
{
    /// <summary>The kind of access.</summary>
    static abstract AccessKind Kind { get; }

    /// <summary>Makes the access if the cache holds its page. Returns false if not, or if the value lies in two pages.</summary>
    static abstract bool TryHit<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged;

    /// <summary>Makes an access to two pages if the cache holds both.</summary>
    static abstract bool TryHitAcross<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged;

    /// <summary>Moves the bytes of a value from or to the memory of a page.</summary>
    static abstract void Move(Span<byte> memory, Span<byte> value);

    /// <summary>Makes an access whose translation was refused: to a device or a watched page. Leaves another fault as it is.</summary>
    static abstract bool TryRefused(
        UncachedAccess uncached, PageTranslation translation, VirtualAddress address, Span<byte> value, ref MemoryFault fault);
}

/// <summary>A load.</summary>
internal readonly struct Loading : IAccessDirection
{
    public static AccessKind Kind => AccessKind.Read;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryHit<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged =>
        cache.TryReadHit(address, out value);

    public static bool TryHitAcross<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged =>
        cache.TryReadAcross(address, out value);

    public static void Move(Span<byte> memory, Span<byte> value) => memory[..value.Length].CopyTo(value);

    public static bool TryRefused(
        UncachedAccess uncached, PageTranslation translation, VirtualAddress address, Span<byte> value, ref MemoryFault fault) =>
        uncached.TryLoadRefused(translation, address, value, AccessKind.Read, ref fault);
}

/// <summary>A store.</summary>
internal readonly struct Storing : IAccessDirection
{
    public static AccessKind Kind => AccessKind.Write;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryHit<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged =>
        cache.TryWriteHit(address, value);

    public static bool TryHitAcross<T>(TranslationCache cache, VirtualAddress address, ref T value) where T : unmanaged =>
        cache.TryWriteAcross(address, value);

    public static void Move(Span<byte> memory, Span<byte> value) => value.CopyTo(memory);

    public static bool TryRefused(
        UncachedAccess uncached, PageTranslation translation, VirtualAddress address, Span<byte> value, ref MemoryFault fault) =>
        uncached.TryStoreRefused(translation, address, value, ref fault);
}

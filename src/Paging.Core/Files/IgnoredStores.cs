namespace Paging.Core.Files;

/// <summary>The device of a ROM whose stores have no effect.</summary>
internal sealed class IgnoredStores : IMemoryDevice
{
    public static IgnoredStores Instance { get; } = new();

    public ulong Load(ulong offset, int byteLength) => 0;    // never called: loads find the ROM's bytes

    public void Store(ulong offset, int byteLength, ulong value) { }
}

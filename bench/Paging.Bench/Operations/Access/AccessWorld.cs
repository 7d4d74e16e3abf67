using Paging.Bench.Host;
using Paging.Bench.Peers;
using Paging.Bench.Worlds;
using Paging.Native;

namespace Paging.Bench.Operations.Access;

/// <summary>A working set of 2^bits bytes, once for each way to access it.</summary>
internal sealed class AccessWorld : IDisposable
{
    private readonly uint _byteLength;
    private bool _isFilled;

    /// <summary>Makes it.</summary>
    /// <param name="bits">The binary logarithm of its length in bytes.</param>
    public AccessWorld(int bits)
    {
        _byteLength = 1u << bits;
        Engine = new(_byteLength);
        Start = Engine.Map(_byteLength);
        Region = new(_byteLength, hugePages: true);
        if (bits >= GiB1.Bits) return;    // a third and a fourth gigabyte would show nothing new
        Dictionary = new();
        if (PeerLibrary.Unicorn.IsAvailable) Emulated = EmulatedMemory.WithRegion(_byteLength);
    }

    public EngineWorld Engine { get; }

    /// <summary>Where it begins, in the engine's process and in the dictionary.</summary>
    public VirtualAddress Start { get; }

    public HostRegion Region { get; }

    /// <summary>None for the largest one.</summary>
    public DictionaryMemory? Dictionary { get; }

    /// <summary>None for the largest one, and where the host has no Unicorn.</summary>
    public EmulatedMemory? Emulated { get; }

    /// <summary>For races that write.</summary>
    public void Spoil() => _isFilled = false;

    /// <summary>For races that read: every byte is <see cref="EngineWorld.FilledByte"/>.</summary>
    public void Fill()
    {
        if (_isFilled) return;
        Engine.Fill(Start, _byteLength);
        Region.Fill(EngineWorld.FilledByte);
        Dictionary?.Fill(Start.Value, _byteLength, EngineWorld.FilledByte);
        Emulated?.Fill(_byteLength);
        _isFilled = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Engine.Dispose();
        Region.Dispose();
        Dictionary?.Dispose();
        Emulated?.Dispose();
    }
}

using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Paging.Core;
using Paging.Native;

namespace Paging.Bench.Operations.Files;

/// <summary>What does it cost to copy a mapped file out, page after page, once it is mapped? Expected: the copying.</summary>
internal static class MappedReadRaces
{
    private const int PageLength = 4096;

    public static IEnumerable<RaceDefinition> All =>
    [
        new("mapped-read", "16MiB", "page copied out of a mapping", static scale =>
            Start(scale.Pick(4096, tiny: 16))) { IsPrepared = false },
    ];

    private static Race Start(int pages)
    {
        uint byteLength = (uint)pages * PageLength;
        CachedFile file = new(byteLength);
        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        List<Contender> contenders = [new Ours(file.World.Mmu, file.MapShared()), new BareCopy(region)];
        List<IDisposable> worlds = [file, region];
        if (HostKernel.IsAvailable)
        {
            HostFile hostFile = HostFile.InMemory(byteLength);
            worlds.Add(hostFile);
            contenders.Add(new Kernel(hostFile));
        }

        return new(pages, 64, contenders, worlds);
    }

    /// <summary>Copies into one buffer, 64 KiB at a time.</summary>
    private abstract class Copying(Role role, string description) : Contender(role, description)
    {
        private readonly byte[] _buffer = new byte[16 * PageLength];

        public sealed override void Run(int count)
        {
            for (int page = 0; page < count; page += 16) Copy((uint)page * PageLength,
                _buffer.AsSpan(0, Math.Min(16, count - page) * PageLength));
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnless(!_buffer.AsSpan(0,
                Math.Min(16, count) * PageLength).ContainsAnyExcept(EngineWorld.FilledByte), $"{Description} has copied other bytes.");

        protected abstract void Copy(uint offset, Span<byte> target);
    }

    private sealed class Ours(Mmu mmu, VirtualAddress start) : Copying(Role.Engine, "Mmu.CopyOut of a shared mapping")
    {
        protected override void Copy(uint offset, Span<byte> target)
        {
            if (mmu.CopyOut(start + offset, target, out _) != target.Length)
                throw new BrokenBenchmarkException("A mapped page could not be read.");
        }
    }

    private sealed class BareCopy(HostRegion region) : Copying(Role.Reference, "memcpy")
    {
        // Unsafe: offset and length stay within the file, which is all mapped.
        protected override unsafe void Copy(uint offset, Span<byte> target) =>
            new ReadOnlySpan<byte>(region.Address + offset, target.Length).CopyTo(target);
    }

    private sealed class Kernel(HostFile file) : Copying(Role.Kernel, "memcpy out of a mapped memfd")
    {
        // Unsafe: offset and length stay within the file, which is all mapped.
        protected override unsafe void Copy(uint offset, Span<byte> target) =>
            new ReadOnlySpan<byte>((byte*)file.Address + offset, target.Length).CopyTo(target);
    }
}

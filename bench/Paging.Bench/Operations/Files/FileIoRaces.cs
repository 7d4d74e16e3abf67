using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;

namespace Paging.Bench.Operations.Files;

/// <summary>What do read and write of a cached page cost beyond copying it? Expected: one lookup in the page cache.</summary>
internal static class FileIoRaces
{
    private const int PageLength = 4096;

    public static IEnumerable<RaceDefinition> All =>
    [
        Of("pread", "16MiB-memfd", isWrite: false, isOnDisk: false),
        Of("pread", "16MiB-disk", isWrite: false, isOnDisk: true),
        Of("pwrite", "16MiB-memfd", isWrite: true, isOnDisk: false),
        Of("pwrite", "16MiB-disk", isWrite: true, isOnDisk: true),
    ];

    private static RaceDefinition Of(string operation, string size, bool isWrite, bool isOnDisk) =>
        new(operation, size, "call for a cached page", scale =>
            Start(scale.Pick(4096, tiny: 16), isWrite, isOnDisk))
        { IsPrepared = false };

    /// <param name="pages">Pages of the file.</param>
    /// <param name="isWrite">Writes, or reads.</param>
    /// <param name="isOnDisk">Which file the kernel gets. The engine's is cached in its RAM either way.</param>
    private static Race Start(int pages, bool isWrite, bool isOnDisk)
    {
        uint byteLength = (uint)pages * PageLength;
        CachedFile file = new(byteLength);
        HostRegion region = new(byteLength, hugePages: true);
        region.Fill(EngineWorld.FilledByte);
        List<Contender> contenders = [new Ours(file, isWrite), new BareCopy(region, isWrite)];
        List<IDisposable> worlds = [file, region];
        if (HostKernel.IsAvailable)
        {
            HostFile hostFile = isOnDisk ? HostFile.OnDisk(byteLength) : HostFile.InMemory(byteLength);
            worlds.Add(hostFile);
            contenders.Add(new Kernel(hostFile, isWrite, isOnDisk));
        }

        contenders.Add(new CSharp(pages, isWrite));
        return new(pages, 64, contenders, worlds);
    }

    /// <summary>One page after the other, each through the same buffer.</summary>
    private abstract class PageIo(Role role, string description, bool isWrite) : Contender(role, description)
    {
        private readonly byte[] _page = new byte[PageLength];

        protected bool IsWrite => isWrite;

        protected Span<byte> Page => _page;

        public override void Prepare(int count) => Page.Fill(isWrite ? EngineWorld.FilledByte : (byte)0);

        public sealed override void Run(int count)
        {
            for (int page = 0; page < count; page++) Transfer(page);
        }

        public override void Verify(int count) =>
            BrokenBenchmarkException.ThrowUnless(!Page.ContainsAnyExcept(EngineWorld.FilledByte),
                $"{Description} has transferred other bytes.");

        protected abstract void Transfer(int page);
    }

    /// <summary>The engine.</summary>
    private sealed class Ours(CachedFile file, bool isWrite) : PageIo(Role.Engine, isWrite
        ? "ProcessDescriptors.Write" : "ProcessDescriptors.Read",
        isWrite)
    {
        protected override void Transfer(int page)
        {
            uint offset = (uint)page * PageLength;
            EngineWorld.Require(IsWrite ? file.Write(offset, Page) : file.Read(offset, Page), "pread or pwrite");
        }
    }

    private sealed class BareCopy(HostRegion region, bool isWrite) : PageIo(Role.Reference, "memcpy of a page", isWrite)
    {
        protected override unsafe void Transfer(int page)    // the region has as many pages as the race
        {
            Span<byte> bytes = new(region.Address + ((long)page * PageLength), PageLength);
            if (IsWrite) Page.CopyTo(bytes);
            else bytes.CopyTo(Page);
        }
    }

    private sealed class Kernel(HostFile file, bool isWrite, bool isOnDisk)
        : PageIo(Role.Kernel, $"{(isWrite ? "pwrite" : "pread")} of a {(isOnDisk ? "file on disk, cached" : "memfd")}", isWrite)
    {
        protected override unsafe void Transfer(int page)
        {
            fixed (byte* bytes = Page)    // PageLength bytes, the length passed to the kernel
            {
                long offset = (long)page * PageLength;
                nint count = IsWrite
                    ? HostCalls.WriteAt(file.Descriptor, bytes, PageLength, offset)
                    : HostCalls.ReadAt(file.Descriptor, bytes, PageLength, offset);
                if (count != PageLength) HostKernel.Check(succeeded: false, "pread or pwrite");
            }
        }
    }

    /// <summary>The C# way: a dictionary of arrays.</summary>
    private sealed class CSharp : PageIo
    {
        private readonly Dictionary<long, byte[]> _pages = [];

        public CSharp(int pages, bool isWrite) : base(Role.CSharp, "Dictionary of arrays", isWrite)
        {
            for (int i = 0; i < pages; i++)
            {
                _pages.Add(i, new byte[PageLength]);
                _pages[i].AsSpan().Fill(EngineWorld.FilledByte);
            }
        }

        protected override void Transfer(int page)
        {
            if (IsWrite) Page.CopyTo(_pages[page]);
            else _pages[page].CopyTo(Page);
        }
    }
}

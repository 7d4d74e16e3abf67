using System.Buffers.Binary;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A small engine with swap, and beside each process the plain bytes that it must see.</summary>
internal sealed class PressureWorld : IDisposable
{
    public const MapFlags PrivateFixed = MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed;

    public PressureWorld(uint ramMiB = 2, uint swapMiB = 32, Func<ISwapStore, ISwapStore>? wrap = null,
        OutOfMemoryPolicy policy = OutOfMemoryPolicy.Report)
    {
        Engine = new(new EngineOptions
        {
            RamBytes = FrameCount.MiB(ramMiB).Bytes,
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            OutOfMemory = policy
        });
        if (swapMiB == 0) return;
        ISwapStore store = new MemorySwapStore((ulong)swapMiB << 20);
        Succeeds(Engine.Swap.SwitchOn(wrap is null ? store : wrap(store), 0, out SwapDevice? device));
        Device = device!;
    }

    public PagingEngine Engine { get; }

    public SwapDevice Device { get; } = null!;

    public List<Modelled> Processes { get; } = [];

    public static VirtualAddress At(int page, int offset = 0) => new((uint)(0x2000_0000 + ((long)page * 4096) + offset));

    /// <summary>A process with so many pages of private anonymous memory, from <see cref="At"/> page 0 on.</summary>
    public Modelled Start(int pageCount)
    {
        UserProcess process = Engine.CreateProcess("p");
        Succeeds(process.Memory.Map(At(0), (uint)pageCount * 4096, MemoryProtection.ReadWrite, PrivateFixed, out _));
        Modelled modelled = new(process, new byte[pageCount][]);
        Processes.Add(modelled);
        return modelled;
    }

    public void Verify()
    {
        AuditReport report = Engine.Audit();
        if (!report.IsClean) Assert.Fail(report.ToString());
    }

    /// <summary>Every byte of every process, then the audit.</summary>
    public void VerifyBytes()
    {
        foreach (Modelled process in Processes) process.VerifyBytes();
        Verify();
    }

    public void Dispose() => Engine.Dispose();

    public static void Succeeds(Errno error)
    {
        if (error != Errno.None) Assert.Fail($"The call returned {error}.");
    }

    /// <summary>A process and the expected contents of its memory. A page that is null reads as zeros.</summary>
    internal sealed class Modelled(UserProcess process, byte[]?[] pages)
    {
        public UserProcess Process => process;

        public byte[]?[] Pages => pages;

        public void Write(int page, int offset, uint value)
        {
            process.Memory.Mmu.Write(At(page, offset), value);
            BinaryPrimitives.WriteUInt32LittleEndian((pages[page] ??= new byte[4096]).AsSpan(offset), value);
        }

        public uint Expected(int page, int offset) =>
            pages[page] is { } bytes ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(offset)) : 0;

        public void Check(int page, int offset)
        {
            uint found = process.Memory.Mmu.Read<uint>(At(page, offset));
            if (found != Expected(page, offset))
                Assert.Fail($"process {process.Id} page {page} offset {offset:x}: {found:x8}, not {Expected(page, offset):x8}");
        }

        public Modelled Fork() => new(process.Fork(), [.. pages.Select(static page => page?.ToArray())]);

        public void VerifyBytes()
        {
            byte[] zeros = new byte[4096], found = new byte[4096];
            for (int page = 0; page < pages.Length; page++)
            {
                int count = process.Memory.Mmu.CopyOut(At(page), found, out MemoryFault fault);
                if (count != 4096) Assert.Fail($"process {process.Id} page {page}: {count} bytes, then {fault}");
                if (!found.AsSpan().SequenceEqual(pages[page] ?? zeros)) Assert.Fail($"process {process.Id} page {page} holds other bytes");
            }
        }
    }
}

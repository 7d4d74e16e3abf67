using System.Globalization;
using CsCheck;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Calls of several threads end as some order of the same calls one after another would (CsCheck's parallel check).</summary>
public sealed class LinearizableCallTests
{
    private const uint Pages = 2;    // few, so that calls meet
    private static readonly int Runs = Soak.Of(300, 50);

    private static readonly VirtualAddress Arena = new(0x4000_0000);
    private static readonly Gen<(uint Page, uint Count)> Ranges =
        Gen.UInt[0, Pages - 1].SelectMany(static page => Gen.UInt[1, Pages - page].Select(count => (page, count)));

    [Fact]
    [Trait("Category", "Slow")]
    public void CallsOnOneSpaceAreLinearizable() => CsCheck.Check.SampleParallel(
        Gen.Const(static () => new Space()),
        [
            Ranges.Operation<Space>(Text("map"), static (space, at) => space.Map(at.Page, at.Count)),
            Ranges.Operation<Space>(Text("unmap"), static (space, at) => space.Unmap(at.Page, at.Count)),
            Ranges.Operation<Space>(Text("protect"), static (space, at) => space.Protect(at.Page, at.Count)),
            Ranges.Operation<Space>(Text("lock"), static (space, at) => space.Lock(at.Page, at.Count)),
            Ranges.Operation<Space>(Text("discard"), static (space, at) => space.Discard(at.Page, at.Count)),
            Gen.UInt[0, Pages - 1].Operation<Space>(static (space, page) => space.Store(page)),
            Gen.UInt[0, Pages - 1].Operation<Space>(static (space, page) => space.Store(page)),
        ],
        equal: static (one, other) => string.Equals(one.ToString(), other.ToString(), StringComparison.Ordinal),
        iter: Runs, threads: 2, print: static space => space.ToString());

    private static Func<(uint Page, uint Count), string> Text(string call) => at => $"{call} {at.Page}+{at.Count}";

    /// <summary>An engine with one process; its text is the state of a small arena that a program can see.</summary>
#pragma warning disable CA1001 // CsCheck makes and drops them; RAM is a SafeHandle
    private sealed class Space
#pragma warning restore CA1001
    {
        private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 1 << 20, AllowThreads = true });
        private readonly UserProcess _process;

        public Space()
        {
            _process = _engine.CreateProcess("linear");
            Map(0, Pages);
        }

        private AddressSpace Memory => _process.Memory;

        public void Map(uint page, uint count) => Memory.Map(At(page), count << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);

        public void Unmap(uint page, uint count) => Memory.Unmap(At(page), count << 12);

        public void Protect(uint page, uint count) => Memory.Protect(At(page), count << 12, MemoryProtection.Read);

        public void Lock(uint page, uint count) => Memory.Lock(At(page), count << 12);

        public void Discard(uint page, uint count) => Memory.Advise(At(page), count << 12, MemoryAdvice.DontNeed);

        /// <summary>Adds one to the first word of a page, by a processor of the calling thread's own.</summary>
        public void Store(uint page)
        {
            using VirtualProcessor processor = _engine.Threads.CreateProcessor();
            processor.Run(_process);
            Memory.Mmu.TryAdd(At(page), 1u, out _, out _);
            processor.Rest();
        }

        public override string ToString()
        {
            using EngineHold hold = _engine.EnterSlowPath();
            string words = string.Join(' ', Enumerable.Range(0, (int)Pages).Select(page =>
                Memory.Mmu.TryRead(At((uint)page), out uint word) ? word.ToString(CultureInfo.InvariantCulture) : "-"));
            string areas = string.Join(' ', Memory.Areas.Snapshot().Select(static area => $"{area.Range} {area.Rights} {area.Flags}"));
            string findings = string.Join("; ", _engine.Audit().Findings);
            return $"{words} | {areas} | {findings}";
        }

        private static VirtualAddress At(uint page) => Arena + (page << 12);
    }
}

using CsCheck;
using Paging.Core;
using Paging.Native;
using Xunit;

namespace Paging.Samples;

/// <summary>A model of one's own with CsCheck: a process beside a dictionary of its bytes, by operations that CsCheck shrinks.</summary>
public sealed class OwnModelSample
{
    private static readonly VirtualAddress Start = new(0x1000_0000);
    private const uint Pages = 8;

    private sealed class Actual : IDisposable
    {
        private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 1 << 20, RequestHostHugePages = false });

        public Actual()
        {
            Process = _engine.CreateProcess("p");
            Process.Memory.MapAnonymous(Start, Pages << 12);
        }

        public UserProcess Process { get; }

        public void Dispose() => _engine.Dispose();
    }

    private static readonly Gen<uint> Offset = Gen.UInt[0, (Pages << 12) - 1];

    [Fact]
    public void AProcessIsADictionaryOfItsBytes() =>
        Gen.Const(static () => (new Actual(), new Dictionary<uint, byte>())).SampleModelBased(
            Gen.Select(Offset, Gen.Byte).Operation<Actual, Dictionary<uint, byte>>(
                static (actual, store) => actual.Process.Memory.Mmu.Write(Start + store.Item1, store.Item2),
                static (model, store) => model[store.Item1] = store.Item2),
            Gen.UInt[0, Pages - 1].Operation<Actual, Dictionary<uint, byte>>(
                static (actual, page) => Assert.Equal(Errno.None,
                    actual.Process.Memory.Advise(Start + (page << 12), 4096, MemoryAdvice.DontNeed)),
                static (model, page) =>
                {
                    foreach (uint at in model.Keys.Where(at => at >> 12 == page).ToArray()) model.Remove(at);
                }),
            equal: static (actual, model) => Enumerable.Range(0, (int)Pages << 12).All(at =>
                actual.Process.Memory.Mmu.Read<byte>(Start + (uint)at) == model.GetValueOrDefault((uint)at)),
            iter: 20);
}

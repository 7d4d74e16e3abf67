using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;

namespace Paging.Guest.Tests;

/// <summary>Which number an open file gets, beside a set of numbers that is searched from the beginning each time.</summary>
public sealed class DescriptorSetTests
{
    private const int NumbersMax = 40;

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AnOpenFileGetsTheLowestNumberThatIsFree(int seed)
    {
        Random random = new(seed);
        DescriptorSet descriptors = new();
        HashSet<int> taken = [], closing = [];
        for (int step = 0; step < 4000; step++)
        {
            int number = random.Next(NumbersMax);
            switch (random.Next(8))
            {
                case < 4:
                    int from = random.Next(3) == 0 ? number : 0, lowest = LowestFree(taken, from);
                    bool isClosing = random.Next(2) == 0;
                    Assert.Equal<CallResult>(lowest >= 0 ? lowest
                        : Errno.EMFILE, descriptors.Add(new Nothing(), isClosing, NumbersMax, from));
                    if (lowest >= 0) taken.Add(lowest);
                    if (lowest >= 0 && isClosing) closing.Add(lowest);
                    break;
                case < 6:
                    Assert.Equal(taken.Remove(number) ? Errno.None : Errno.EBADF, descriptors.Close(new(number)));
                    closing.Remove(number);
                    break;
                case 6:
                    descriptors.Replace(new(number), new Nothing(), closeOnExec: false);
                    taken.Add(number);
                    closing.Remove(number);
                    break;
                default:
                    DescriptorSet copy = descriptors.Copy();
                    descriptors.Release();
                    descriptors = copy.ForProgram();
                    taken.ExceptWith(closing);
                    closing.Clear();
                    break;
            }

            Assert.Equal(taken.Order(), descriptors.Numbers.Select(static descriptor => descriptor.Number));
        }
    }

    [Fact]
    public void ANumberBeyondTheLimitIsNotGivenAndTheFileIsLetGo()
    {
        DescriptorSet descriptors = new();
        for (int number = 0; number < 3; number++)
            Assert.Equal<CallResult>(number, descriptors.Add(new Nothing(), closeOnExec: false, limit: 3));
        Nothing refused = new();
        Assert.Equal<CallResult>(Errno.EMFILE, descriptors.Add(refused, closeOnExec: false, limit: 3));
        Assert.True(refused.IsClosed);
        descriptors.Close(new(1));
        Assert.Equal<CallResult>(1, descriptors.Add(new Nothing(), closeOnExec: false, limit: 3));
        Assert.Equal<CallResult>(3, descriptors.Add(new Nothing(), closeOnExec: false, limit: 4));
    }

    [Fact]
    public void AKindIsFoundByItsNumberAndOtherKindsByTheErrorThatTheCallGives()
    {
        DescriptorSet descriptors = new();
        Nothing nothing = new();
        descriptors.Add(nothing, closeOnExec: false, limit: NumbersMax);
        descriptors.Add(new Something(), closeOnExec: false, limit: NumbersMax);
        Assert.Equal(Errno.None, descriptors.Find(new(0), otherKind: Errno.EINVAL, out Nothing found));
        Assert.Same(nothing, found);
        Assert.Equal(Errno.EINVAL, descriptors.Find(new(1), otherKind: Errno.EINVAL, out Nothing _));
        Assert.Equal(Errno.ENOTSOCK, descriptors.Find(new(0), otherKind: Errno.ENOTSOCK, out Something _));
        foreach (int number in (ReadOnlySpan<int>)[-1, 2, int.MinValue, int.MaxValue])
            Assert.Equal(Errno.EBADF, descriptors.Find(new(number), otherKind: Errno.EINVAL, out Nothing _));
    }

    [Fact]
    public void ADescriptorThatOnlyNamesAPlaceIsFoundByNoCallThatUsesIt()
    {
        DescriptorSet descriptors = new();
        Nothing named = new(FileFlags.PathOnly);
        descriptors.Add(named, closeOnExec: false, limit: NumbersMax);
        Assert.Same(named, descriptors.FindRaw(new(0)));
        Assert.Null(descriptors.Find(new(0)));
        Assert.Equal(Errno.EBADF, descriptors.Find(new(0), otherKind: Errno.EINVAL, out Nothing _));
        Assert.Equal(Errno.None, descriptors.Close(new(0)));
        Assert.True(named.IsClosed);
    }

    private static int LowestFree(HashSet<int> taken, int from)
    {
        while (taken.Contains(from)) from++;
        return from < NumbersMax ? from : -1;
    }

    private sealed class Something() : OpenDescription("/something", 0)
    {
        public override Errno Status(out FileStatus status)
        {
            status = default;
            return Errno.None;
        }
    }

    private sealed class Nothing(FileFlags flags = FileFlags.None) : OpenDescription("/nothing", flags)
    {
        public bool IsClosed { get; private set; }

        public override Errno Status(out FileStatus status)
        {
            status = default;
            return Errno.None;
        }

        protected override void Close() => IsClosed = true;
    }
}

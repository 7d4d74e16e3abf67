using Paging.Core;

namespace Paging.Guest.Tests;

/// <summary>Which number an open file gets, beside a set of numbers that is searched from the beginning each time.</summary>
public sealed class DescriptorSetTests
{
    private const int NumbersMax = 40;

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
                    Assert.Equal<CallResult>(lowest >= 0 ? lowest : Errno.EMFILE, descriptors.Add(new Nothing(), isClosing, NumbersMax, from));
                    if (lowest >= 0) taken.Add(lowest);
                    if (lowest >= 0 && isClosing) closing.Add(lowest);
                    break;
                case < 6:
                    Assert.Equal(taken.Remove(number) ? Errno.None : Errno.EBADF, descriptors.Close(number));
                    closing.Remove(number);
                    break;
                case 6:
                    descriptors.Replace(number, new Nothing(), closeOnExec: false);
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

            Assert.Equal(taken.Order(), descriptors.Numbers);
        }
    }

    [Fact]
    public void ANumberBeyondTheLimitIsNotGivenAndTheFileIsLetGo()
    {
        DescriptorSet descriptors = new();
        for (int number = 0; number < 3; number++) Assert.Equal<CallResult>(number, descriptors.Add(new Nothing(), closeOnExec: false, limit: 3));
        Nothing refused = new();
        Assert.Equal<CallResult>(Errno.EMFILE, descriptors.Add(refused, closeOnExec: false, limit: 3));
        Assert.True(refused.IsClosed);
        descriptors.Close(1);
        Assert.Equal<CallResult>(1, descriptors.Add(new Nothing(), closeOnExec: false, limit: 3));
        Assert.Equal<CallResult>(3, descriptors.Add(new Nothing(), closeOnExec: false, limit: 4));
    }

    private static int LowestFree(HashSet<int> taken, int from)
    {
        while (taken.Contains(from)) from++;
        return from < NumbersMax ? from : -1;
    }

    private sealed class Nothing() : OpenDescription("/nothing", 0)
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

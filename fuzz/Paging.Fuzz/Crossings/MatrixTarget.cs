namespace Paging.Fuzz;

/// <summary>Every context crossed with every operation; prints the cells that are wrong or refused.</summary>
internal sealed class MatrixTarget : IFuzzTarget
{
    public string Name => "matrix";

    public string Description => "every feature that is on, crossed with everything that can be done beside it";

    public int Run(FuzzOptions options, TextWriter output)
    {
        int count = 0, wrong = 0, refused = 0;
        foreach (CrossingCell cell in CrossingMatrix.Run())
        {
            count++;
            if (cell.End == CrossingEnd.Done) continue;
            if (cell.End == CrossingEnd.Wrong) wrong++;
            else refused++;
            output.WriteLine($"{cell.End}: {cell.Context} × {cell.Operation}: {cell.Detail}");
        }

        output.WriteLine($"{Name}: {count} cells, {refused} refused, {wrong} wrong");
        return wrong == 0 ? ExitCode.Clean : ExitCode.Found;
    }
}

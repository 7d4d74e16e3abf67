namespace Paging.Mutants;

/// <summary>The two steps of <c>tools/mutants.py</c>: <c>make</c> compiles all mutants, <c>run</c> tries them.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["make", string response, string folder, string assembly, string list]:
                return new MutantCompiler(response, folder).Make(assembly, list);
            case ["run", string tests, string mutated, string coverage, string wanted, string results, string secondsMax]:
                MutantRun run = new(tests, mutated, coverage, results, int.Parse(secondsMax, provider: null));
                run.Start(wanted);
                return 0;
            default:
                Console.Error.WriteLine("make RESPONSE FOLDER ASSEMBLY LIST | run TESTS ASSEMBLY COVERAGE WANTED RESULTS SECONDS");
                return 2;
        }
    }
}

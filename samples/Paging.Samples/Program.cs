using Paging.Samples;

// dotnet run -c Release --project samples/Paging.Samples -- NAME
string name = args.Length == 1 ? args[0] : "";
Action<TextWriter>? sample = name switch
{
    "cpu" => ProcessorSample.Run,
    "x86" => MachineCodeSample.Run,
    "emulator" => EmulatorSample.Run,
    "emulator-speed" => static output => EmulatorSample.Measure(output),
    "fuzzer" => SnapshotFuzzerSample.Run,
    "pager" => PagerSample.Run,
    "device" => DeviceSample.Run,
    "dirty-log" => DirtyLogSample.Run,
    "observer" => ObserverSample.Run,
    "threads" => ThreadsSample.Run,
    _ => null,
};
if (sample is null)
{
    Console.Error.WriteLine("Name one sample: cpu, x86, emulator, emulator-speed, fuzzer, pager, device, dirty-log, observer or threads.");
    return 2;
}

sample(Console.Out);
return 0;
